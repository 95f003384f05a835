"""The tutorial's two networks and its step in PyTorch, for labelled images too, written as its users would."""

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


def discriminator(dropout=0.3):
    return nn.Sequential(
        nn.Conv2d(1, 64, 4, 2, 1),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Dropout(dropout),
        nn.Conv2d(64, 128, 4, 2, 1),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Dropout(dropout),
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


class ConditionalGenerator(nn.Module):
    """A generator with a one-hot label after the latent vector."""

    def __init__(self, classes=10, latent_dim=100):
        super().__init__()
        self.classes = classes
        self.network = initialise(generator(latent_dim + classes))

    def forward(self, latents, labels):
        return self.network(torch.cat((latents, nn.functional.one_hot(labels, self.classes)), 1))


class ProjectionDiscriminator(nn.Module):
    """A discriminator that judges by a projection on the label (Miyato and Koyama 2018)."""

    def __init__(self, classes=10, dropout=0.3):
        super().__init__()
        *features, self.last = initialise(discriminator(dropout))
        self.features = nn.Sequential(*features)
        self.projection = nn.Embedding(classes, self.last.in_features)
        nn.init.zeros_(self.projection.weight)

    def forward(self, images, labels):
        features = self.features(images)
        return self.last(features) + (features * self.projection(labels)).sum(1, keepdim=True)


bce = nn.functional.binary_cross_entropy_with_logits


def penalty(gamma, images, logits):
    """γ/2 · E‖∇ₓD(x)‖² (Mescheder et al. 2018)."""
    slopes = torch.autograd.grad(logits.sum(), images, create_graph=True)[0]
    return gamma / 2 * slopes.square().sum((1, 2, 3)).mean()


def adversarial_step(gen, disc, gen_adam, disc_adam, real, targets, mixed, labels=(), gamma=0, latent_dim=100):
    """One generator forward that serves both losses. `targets`: ones and zeros, B × 1; `mixed`: the autocast; `labels`:
    the labels of conditional networks; `gamma`: the weight of both gradient penalties."""
    ones, zeros = targets
    with mixed:
        fake = gen(torch.randn(len(real), latent_dim, device=real.device), *labels)
        generated = fake.detach()
        for images in (real, generated):
            images.requires_grad_(gamma > 0)
        real_logits, fake_logits = disc(real, *labels), disc(generated, *labels)
        disc_loss = bce(real_logits, ones) + bce(fake_logits, zeros)
    penalised = disc_loss
    if gamma > 0:
        penalised = disc_loss + penalty(gamma, real, real_logits) + penalty(gamma, generated, fake_logits)
    disc_adam.zero_grad(set_to_none=True)
    penalised.backward()
    disc_adam.step()

    disc.requires_grad_(False)  # the generator's loss needs no gradient of the discriminator's weights
    with mixed:
        gen_loss = bce(disc(fake, *labels), ones)
    gen_adam.zero_grad(set_to_none=True)
    gen_loss.backward()
    disc.requires_grad_(True)
    gen_adam.step()
    return torch.stack([disc_loss.detach(), gen_loss.detach()])
