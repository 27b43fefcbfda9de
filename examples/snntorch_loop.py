"""A cell in a loop as snnTorch's users write it, with snnTorch's loss; then convert and run.

    python examples/snntorch_loop.py

Each class has a population of neurons, and the class whose population fires most is the answer. As
a readout this is a matrix of ones, so the trained cell converts without a further parameter.
"""

import torch
from snntorch import functional as losses

import hardware
import spiking_gru as sg
from conversion import convert, verify
from spiking_gru.batches import batches
from spiking_gru.encoder import Encoder
from spiking_gru.readout import Readout

EPOCHS, QUANTISED_EPOCHS = 8, 3
NEURONS_PER_CLASS = 16

torch.manual_seed(0)
torch.set_num_threads(1)
digits = sg.data.load("digits")  # needs scikit-learn: pip install "spiking-gru[data]"
classes = len(digits.classes)
hidden = classes * NEURONS_PER_CLASS

encoder = Encoder(digits.channels)
encoder.fit(digits.training.sequences.values)
cell = sg.SpikingGRUCell(digits.channels, hidden, threshold=0.3)
loss_of = losses.ce_count_loss(population_code=True, num_classes=classes)
optimiser = torch.optim.AdamW(cell.parameters(), lr=4e-3)
order = torch.Generator().manual_seed(0)

for epoch in range(EPOCHS + QUANTISED_EPOCHS):
    cell.quantised = epoch >= EPOCHS  # from here on the forward pass is the chip's arithmetic
    for frames, _, labels in batches(digits.training, 32, order):
        spk, mem = cell.first_state(len(labels))
        spikes = []
        for frame in encoder(frames):
            spk, mem = cell(frame, spk, mem)
            spikes.append(spk)
        loss = loss_of(torch.stack(spikes), labels)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(cell.parameters(), 1.0)
        optimiser.step()

gru = sg.SpikingGRU(digits.channels, hidden, threshold=0.3)
gru.cells[0].load_state_dict(cell.state_dict())
readout = Readout(hidden, classes, "count")
with torch.no_grad():
    readout.weight.copy_(torch.eye(classes).repeat_interleave(NEURONS_PER_CLASS, dim=1))
    readout.bias.zero_()
network = sg.Network(encoder, gru, readout, digits.classes).eval().quantise()

program = convert(network)
found = verify(program, network, digits.test.sequences)
print("differing values between torch, events and Lava:", found.summary()["mismatches"])
trace = hardware.run(program, digits.test.sequences)
print(f"accuracy: {(trace.predictions == digits.test.labels).mean():.1%}")
