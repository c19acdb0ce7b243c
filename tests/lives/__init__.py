"""Runs of `upload_tree` in processes of their own, to be ended at any moment.

A process that has all libraries loaded forks a child for each run, which
costs a tenth of a command's start. `nursery` is the test's side, `zygote`
the program, `telling` what comes back; `tree` is a source that a model
knows by heart, `weather` what befalls the store, `promises` holds what was
seen against what was promised.
"""
