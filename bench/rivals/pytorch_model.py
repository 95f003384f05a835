"""The tutorial's two networks and its step in PyTorch, written as its users would."""

import torch
from torch import nn


def generator(latent_dim=100):
    return nn.Sequential(
        nn.Linear(latent_dim, 12544, bias=False),
        nn.BatchNorm1d(12544),
        nn.ReLU(inplace=True),
        nn.Unflatten(1, (256, 7, 7)),
        nn.ConvTranspose2d(256, 128, 5, 1, 2, bias=False),
        nn.BatchNorm2d(128),
        nn.ReLU(inplace=True),
        nn.ConvTranspose2d(128, 64, 4, 2, 1, bias=False),
        nn.BatchNorm2d(64),
        nn.ReLU(inplace=True),
        nn.ConvTranspose2d(64, 1, 4, 2, 1, bias=False),
        nn.Tanh(),
    )


def discriminator():
    return nn.Sequential(
        nn.Conv2d(1, 64, 4, 2, 1),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Dropout(0.3),
        nn.Conv2d(64, 128, 4, 2, 1),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Dropout(0.3),
        nn.Flatten(),
        nn.Linear(6272, 1),
    )


def initialise(network):
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(module.weight, 0, 0.02)
        elif isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
        if getattr(module, "bias", None) is not None:
            nn.init.zeros_(module.bias)
    return network


bce = nn.functional.binary_cross_entropy_with_logits


def adversarial_step(gen, disc, gen_adam, disc_adam, real, labels, mixed):
    """One generator forward that serves both losses. `labels`: ones and zeros, B × 1; `mixed`: the autocast."""
    ones, zeros = labels
    with mixed:
        fake = gen(torch.randn(len(real), 100, device=real.device))
        disc_loss = bce(disc(real), ones) + bce(disc(fake.detach()), zeros)
    disc_adam.zero_grad(set_to_none=True)
    disc_loss.backward()
    disc_adam.step()

    disc.requires_grad_(False)  # the generator's loss needs no gradient of the discriminator's weights
    with mixed:
        gen_loss = bce(disc(fake), ones)
    gen_adam.zero_grad(set_to_none=True)
    gen_loss.backward()
    disc.requires_grad_(True)
    gen_adam.step()
    return torch.stack([disc_loss.detach(), gen_loss.detach()])
