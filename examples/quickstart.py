import spiking_gru as sg

speech = sg.load_data("japanese-vowels")
sg.train(sg.TrainingSettings(epochs=20), speech, "runs/quickstart", force=True)
network, _ = sg.load_network("runs/quickstart")
program = sg.convert(network, samples=speech.validation.sequences)
program.save("runs/quickstart/program.sgru")
verified = sg.verify(program, network, speech.test.sequences)
print("differing values:", verified.summary()["mismatches"])
trace = sg.run(program, speech.test.sequences, engine="lava")
print(f"accuracy on Lava: {trace.accuracy(speech.test.labels):.1%}")
cost = sg.estimate(trace, program, chip="loihi2")
print(f"core dynamic energy per inference on Loihi 2: {cost.core_dynamic.nominal * 1e6:.2f} µJ")
