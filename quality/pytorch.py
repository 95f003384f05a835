"""Trains the recipe of the run `penalised` in PyTorch, and measures its epochs as those of this package are:
docs/quality.md has both. It is recipes.best with 32 latent numbers and without mismatched labels.

    python quality/pytorch.py EPOCHS SEED      one line of JSON for each epoch

The step is the one that bench/ compares speeds with.
"""

import contextlib
import copy
import json
import sys

import torch
from classifier import ROOT, mnist, normalise
from evaluate import COUNT, Judge, rounded

sys.path.insert(0, str(ROOT / "bench" / "rivals"))
from pytorch_model import ConditionalGenerator, ProjectionDiscriminator, adversarial_step  # noqa: E402

LATENT_DIM, BATCH, DROPOUT, DECAY = 32, 64, 0.1, 0.9995
EPOCHS, FULL_EPOCHS, GEN_RATE, DISC_RATE, PENALTY = 20, 8, 0.0005, 0.001, 0.2


def average_into(average, network, step):
    """Moves the average of weights and running statistics towards the network."""
    weight = 1 - min(DECAY, (1 + step) / (10 + step))
    pairs = zip(average.state_dict().values(), network.state_dict().values())
    for into, value in pairs:
        if into.is_floating_point():
            into.lerp_(value, weight)


@torch.no_grad()
def samples(network):
    """10,000 images, as many of each label: grey levels and labels."""
    network.eval()
    torch.manual_seed(2026)
    labels = torch.arange(COUNT) % 10
    latents = torch.randn(COUNT, LATENT_DIM)
    parts = [network(*part) for part in zip(latents.split(500), labels.split(500))]
    return (torch.cat(parts) * 127.5 + 127.5).round().byte().view(COUNT, -1).numpy(), labels.numpy()


def figures(judge, network):
    pixels, labels = samples(network)
    _, probabilities = judge.classifier.describe(pixels)
    right = probabilities.argmax(1) == labels
    by_class = [float(right[labels == label].mean()) for label in range(10)]
    return {**judge.judge(pixels), "label_accuracy": float(right.mean()), "least_label_accuracy": min(by_class)}


def main(epochs, seed):
    torch.manual_seed(seed)
    images, labels = (torch.from_numpy(each) for each in mnist("train"))
    labels = labels.long()
    judge = Judge()
    gen, disc = ConditionalGenerator(latent_dim=LATENT_DIM), ProjectionDiscriminator(dropout=DROPOUT)
    average = copy.deepcopy(gen)
    gen_adam = torch.optim.Adam(gen.parameters(), lr=GEN_RATE, betas=(0.0, 0.999))
    disc_adam = torch.optim.Adam(disc.parameters(), lr=DISC_RATE, betas=(0.0, 0.999))
    networks, exact = (gen, disc, gen_adam, disc_adam), contextlib.nullcontext()
    step = 0
    for epoch in range(epochs):
        share = min(1, (EPOCHS - epoch) / (EPOCHS + 1 - FULL_EPOCHS))
        gen_adam.param_groups[0]["lr"], disc_adam.param_groups[0]["lr"] = share * GEN_RATE, share * DISC_RATE
        gamma, losses = PENALTY * 0.1 ** (epoch / 24), []
        for chosen in torch.randperm(len(images)).split(BATCH):
            targets = torch.ones(len(chosen), 1), torch.zeros(len(chosen), 1)
            real = normalise(images[chosen])
            given = [labels[chosen]]
            losses.append(adversarial_step(*networks, real, targets, exact, given, gamma, LATENT_DIM))
            average_into(average, gen, step)
            step += 1
        disc_loss, gen_loss = torch.stack(losses).mean(0).tolist()
        line = {"epoch": epoch + 1, "discLoss": disc_loss, "genLoss": gen_loss, **figures(judge, average)}
        print(json.dumps({key: rounded(value) for key, value in line.items()}), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
