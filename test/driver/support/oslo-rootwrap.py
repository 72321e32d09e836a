# Asks a real oslo.rootwrap what it makes of command lines: JSON on standard input, its decisions as JSON on standard output.
import json
import os
import sys
import tempfile

from oslo_rootwrap import wrapper

answers = []
for case in json.load(sys.stdin):
    with tempfile.TemporaryDirectory() as directory:
        with open(os.path.join(directory, 'x.filters'), 'w') as out:
            out.write(case['filters'])
        filters = [f for f in wrapper.load_filters([directory]) if f.name != 'privsep-helper']
    try:
        words = list(case['words'])
        match = wrapper.match_filter(filters, words, exec_dirs=case['execDirs'])
        answers.append({'filter': match.name, 'words': match.get_command(list(case['words']), case['execDirs']),
                        'runAs': match.run_as})
    except wrapper.NoFilterMatched:
        answers.append({'refused': 'filters'})
    except wrapper.FilterMatchNotExecutable:
        answers.append({'refused': 'program'})
json.dump(answers, sys.stdout)
