import hardware
from conversion import convert, verify
from spiking_gru import data, load_network
from spiking_gru.training import TrainingSettings, train

speech = data.load("japanese-vowels")
train(TrainingSettings(epochs=20), speech, "runs/quickstart", force=True)
network, _ = load_network("runs/quickstart")
program = convert(network, samples=speech.validation.sequences)
program.save("runs/quickstart/program.sgru")
print("differing values:", verify(program, network, speech.test.sequences).summary()["mismatches"])
trace = hardware.run(program, speech.test.sequences, engine="lava")
print(f"accuracy on Lava: {(trace.predictions == speech.test.labels).mean():.1%}")
_, nominal, _ = hardware.estimate(trace, program, chip="loihi2").core_dynamic_j.mean(axis=1)
print(f"core dynamic energy per inference on Loihi 2: {nominal * 1e6:.2f} µJ")
