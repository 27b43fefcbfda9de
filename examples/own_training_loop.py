"""A plain PyTorch loop over a Network, with a loss of one's own: train, quantise, convert, verify.

    python examples/own_training_loop.py

The loss is the focal loss, which `spiking-gru train` does not have: samples that are classified
well weigh little. Everything after the loop is as after `train`.
"""

import torch
from torch.nn.functional import cross_entropy

import hardware
import spiking_gru as sg
from conversion import convert, verify
from spiking_gru.batches import batches

EPOCHS, QUANTISED_EPOCHS = 8, 3


def focal_loss(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """(1 − p)² · cross entropy, where p is the probability of the right class."""
    entropy = cross_entropy(logits, labels, reduction="none")
    return ((1 - torch.exp(-entropy)) ** 2 * entropy).mean()


torch.manual_seed(0)
torch.set_num_threads(1)
speech = sg.data.load("japanese-vowels")
network = sg.Network.build(
    sg.NetworkSettings(channels=speech.channels, classes=speech.classes, hidden=64)
)
network.encoder.fit(speech.training.sequences.values)  # mean and deviation of each channel
optimiser = torch.optim.AdamW(network.parameters(), lr=4e-3)
order = torch.Generator().manual_seed(0)

network.train()
for epoch in range(EPOCHS + QUANTISED_EPOCHS):
    network.quantise(epoch >= EPOCHS)  # from here on the forward pass is the chip's arithmetic
    for frames, lengths, labels in batches(speech.training, 32, order):
        loss = focal_loss(network(frames, lengths), labels)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()

network.eval()
program = convert(network)
found = verify(program, network, speech.test.sequences)
print("differing values between torch, events and Lava:", found.summary()["mismatches"])
trace = hardware.run(program, speech.test.sequences)
print(f"accuracy: {(trace.predictions == speech.test.labels).mean():.1%}")
