"""Replays given spikes in SANA-FE, an oracle for energy and time. Run by its own interpreter.

Reads one JSON object from stdin and writes one to stdout. Every neuron is of the model `input`,
which fires as it is told; weights are zero; what a neuron costs stands on the unit it belongs to.
The host's neurons cost nothing and stand on a core of their own in the first tile.
"""

import json
import sys
import tempfile
from pathlib import Path

import sanafe

ARCHITECTURE = """
architecture:
  name: replay
  attributes:
    topology: mesh
    width: {columns}
    height: {rows}
    link_buffer_size: 16
    sync_model: table
    latency_sync: {barrier}
  tile:
    - name: tile[0..{last_tile}]
      attributes:
        energy_north_hop: {energy[hop_north_south]}e-12
        energy_south_hop: {energy[hop_north_south]}e-12
        energy_east_hop: {energy[hop_east_west]}e-12
        energy_west_hop: {energy[hop_east_west]}e-12
        latency_north_hop: 0.0
        latency_south_hop: 0.0
        latency_east_hop: 0.0
        latency_west_hop: 0.0
      core:
        - name: core[0..{last_core}]
          attributes:
            buffer_position: soma
            buffer_inside_unit: false
            max_neurons_supported: 1024
          axon_in:
            - name: receiver
              attributes:
                energy_message_in: {energy[message_in]}e-12
                latency_message_in: {time[message_in]}e-9
          synapse:
            - name: synapses
              attributes:
                model: current_based
                energy_process_spike: {energy[synaptic_operation_dense]}e-12
                latency_process_spike: {time[synaptic_operation_dense]}e-9
          dendrite:
            - name: dendrites
              attributes: {{model: accumulator, energy_update: 0.0, latency_update: 0.0}}
          soma:
            - name: neurons[0..{last_neuron}]
              attributes:
                model: input
                energy_access_neuron: {energy[neuron_update_idle]}e-12
                latency_access_neuron: {time[neuron_update_idle]}e-9
                energy_update_neuron: 0.0
                latency_update_neuron: 0.0
                energy_spike_out: {energy[spike]}e-12
                latency_spike_out: {time[spike]}e-9
          axon_out:
            - name: sender
              attributes:
                energy_message_out: {energy[message_out]}e-12
                latency_message_out: {time[message_out]}e-9
        - name: host
          attributes:
            buffer_position: soma
            buffer_inside_unit: false
            max_neurons_supported: 1024
          axon_in:
            - {{name: receiver, attributes: {{energy_message_in: 0.0, latency_message_in: 0.0}}}}
          synapse:
            - name: synapses
              attributes:
                model: current_based
                energy_process_spike: 0.0
                latency_process_spike: 0.0
          dendrite:
            - name: dendrites
              attributes: {{model: accumulator, energy_update: 0.0, latency_update: 0.0}}
          soma:
            - name: inputs[0..{last_neuron}]
              attributes:
                model: input
                energy_access_neuron: 0.0
                latency_access_neuron: 0.0
                energy_update_neuron: 0.0
                latency_update_neuron: 0.0
                energy_spike_out: 0.0
                latency_spike_out: 0.0
          axon_out:
            - {{name: sender, attributes: {{energy_message_out: 0.0, latency_message_out: 0.0}}}}
"""


def main() -> None:
    task = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "architecture.yaml"
        barrier = ", ".join(f"{tiles}: {seconds}" for tiles, seconds in task["barrier"])
        tiles = task["columns"] * task["rows"]
        file.write_text(
            ARCHITECTURE.format(
                **{**task, "barrier": f"{{{barrier}}}"},
                last_tile=tiles - 1,
                last_neuron=len(task["neurons"]) - 1,
                last_core=task["cores_per_tile"] - 1,
            )
        )
        architecture = sanafe.load_arch(str(file))
    network = sanafe.Network()
    neurons = task["neurons"]
    group = network.create_neuron_group("all", len(neurons), soma_hw_name="neurons[0]")
    for i, neuron in enumerate(neurons):
        host = neuron["tile"] is None
        column, row = neuron["tile"] or (0, 0)
        # SANA-FE numbers its tiles column after column.
        tile = architecture.tiles[column * task["rows"] + row]
        unit = "inputs" if host else "neurons"
        # A unit of the model holds one train of spikes, so each neuron has a unit of its own.
        group[i].set_attributes(
            soma_hw_name=f"{unit}[{i}]",
            model_attributes={"spikes": neuron["spikes"]},
        )
        group[i].map_to_core(tile.cores[task["cores_per_tile"] if host else neuron["core"]])
    for source, target in task["synapses"]:
        group[source].connect_to_neuron(group[target], {"weight": 0.0})
    chip = sanafe.SpikingChip(architecture)
    chip.load(network)
    found = chip.sim(task["ticks"], timing_model="simple")
    result = {"energy_j": found["energy"]["total"], "time_s": found["sim_time"]}
    print("\n" + json.dumps(result))


if __name__ == "__main__":
    main()
