"""Test: a candidate becomes a report. HTTP checks over the network, commands in a container beside it."""
