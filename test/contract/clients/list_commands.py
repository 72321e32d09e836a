"""Prints the block-storage commands that a client has, as JSON: list_commands.py openstack|cinder."""
import importlib.metadata
import json
import sys

if sys.argv[1] == 'openstack':
    found = importlib.metadata.entry_points().select(group='openstack.volume.v3')
    names = [entry.name.replace('_', ' ') for entry in found]
else:
    from cinderclient.v3 import shell
    names = [name[3:].replace('_', '-') for name in dir(shell) if name.startswith('do_')]
json.dump(sorted(names), sys.stdout)
