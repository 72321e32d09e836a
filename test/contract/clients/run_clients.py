"""Types commands into the unmodified openstack and cinder clients, in one process, and prints what they answered.

Usage: run_clients.py CLIENT URL PROJECT STEPS, CLIENT being openstack or cinder, URL an API that asks no Keystone.
A line of STEPS is a command as a user types it; `=> name:Field` keeps a value of its table for `{name}` in later
lines, `=> name:GET path key` one of the API's. Prints JSON: [{command, code, rows, said}].
"""
import contextlib
import io
import json
import logging
import os
import re
import shlex
import sys
import tempfile
import time
import urllib.request
import warnings

warnings.simplefilter('ignore')
logging.disable(logging.WARNING)

UUID = re.compile(r'[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}')
TIME = re.compile(r'\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:\+00:00|Z)?')
URL = re.compile(r'http://127\.0\.0\.1:\d+')
KEY = re.compile(r'\b[0-9a-f]{16}\b')
CONTAINER = re.compile(r'\b[0-9a-f]{2}/[0-9a-f]{2}/<id>')
PASSING = {'creating', 'deleting', 'extending', 'backing-up', 'restoring', 'restoring-backup', 'downloading',
           'retyping', 'reverting', 'uploading', 'managing', 'updating'}


def cloud_of(url, project):
    """Without a project in the path, as is allowed since 3.67: discovery would not know what to cut off."""
    endpoint = f'{url}/v3'
    return {'clouds': {'here': {
        'auth_type': 'admin_token', 'auth': {'endpoint': endpoint, 'token': f'admin:{project}'},
        'volume_api_version': '3.71', 'block_storage_endpoint_override': endpoint,
        'volume_endpoint_override': endpoint}}}


class Api:
    def __init__(self, url, project):
        self.base = f'{url}/v3/{project}'
        self.headers = {'X-Auth-Token': f'admin:{project}', 'OpenStack-API-Version': 'volume 3.71'}

    def get(self, path):
        with urllib.request.urlopen(urllib.request.Request(self.base + path, headers=self.headers)) as answer:
            return json.load(answer)

    def settle(self):
        """Waits until nothing is on its way."""
        deadline = time.monotonic() + 180
        while time.monotonic() < deadline:
            rows = [row for kind in ('volumes', 'snapshots', 'backups') for row in self.get(f'/{kind}/detail')[kind]]
            if not any(row['status'] in PASSING for row in rows):
                return
            time.sleep(0.05)
        raise SystemExit(f'does not settle: {[(row["id"], row["status"]) for row in rows]}')


def rows_of(text):
    """The cells of a prettytable, header first; lines that belong to the cell above are joined to it."""
    rows = []
    for line in text.splitlines():
        if line.startswith('|'):
            cells = [cell.strip() for cell in line.strip().strip('|').split(' | ')]
            if rows and len(cells) == len(rows[0]) and cells[0] == '' and len(rows) > 1:
                rows[-1] = [' '.join(pair).strip() for pair in zip(rows[-1], cells)]
            else:
                rows.append(cells)
    return rows


def plain(text):
    """Without what every server makes anew; where a backup is kept begins with its own id."""
    for pattern, word in ((URL, 'URL'), (UUID, '<id>'), (TIME, '<time>'), (KEY, '<key>'), (CONTAINER, '<container>')):
        text = pattern.sub(word, text)
    return text.replace(sys.argv[3], '<project>')


def discover_with_token():
    """Cinder's noauth answers nothing without a token, not even which versions there are."""
    from keystoneauth1 import discover
    ask = discover.get_version_data
    discover.get_version_data = lambda session, url, authenticated=None, **rest: ask(
        session, url, authenticated=True, **rest)


def shell_of(client, url, project):
    """Runs one command of the client's, logged in without Keystone."""
    if client == 'openstack':
        from openstackclient import shell
        discover_with_token()
        with tempfile.NamedTemporaryFile('w', suffix='.yaml', delete=False) as file:
            json.dump(cloud_of(url, project), file)
        os.environ.update(OS_CLIENT_CONFIG_FILE=file.name, OS_CLOUD='here', COLUMNS='10000')
        return lambda argv: shell.OpenStackShell().run(argv)
    from cinderclient import shell
    login = ['--os-auth-type', 'noauth', '--os-endpoint', f'{url}/v3', '--os-project-id', project,
             '--os-user-id', 'admin', '--os-volume-api-version', '3.71']
    return lambda argv: shell.OpenStackCinderShell().main([*login, *argv])


def call(run, argv):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code, said = run(argv) or 0, ''
        except SystemExit as error:
            code, said = error.code or 0, ''
        except Exception as error:
            code, said = 1, str(error)
    complaint = said or ('' if code == 0 else err.getvalue().strip().splitlines()[-1:] and err.getvalue().strip().splitlines()[-1])
    return code, out.getvalue(), complaint


def kept_value(spec, rows, api):
    if spec.startswith('GET '):
        _, path, key = spec.split()
        (found,) = [value for value in api.get(path).values() if isinstance(value, list)]
        return found[0][key] if found else 'missing'
    return next((row[1] for row in rows if row[0] == spec), 'missing')


def main():
    client, url, project, steps = sys.argv[1:]
    run, api, kept, answers = shell_of(client, url, project), Api(url, project), {'project': project}, []
    with open(steps) as lines:
        for line in (line.strip() for line in lines):
            if line == '' or line.startswith('#'):
                continue
            command, _, keep = line.partition(' => ')
            code, text, said = call(run, shlex.split(re.sub(r'\{(\w+)\}', lambda found: kept[found[1]], command)))
            api.settle()
            rows = rows_of(text)
            name, _, spec = keep.partition(':')
            if spec:
                kept[name] = kept_value(spec, rows, api)
            head, body = rows[:1], rows[1:]
            if head and head[0][0] not in ('Field', 'Property'):
                body.sort(key=lambda row: [plain(cell) for cell in row])
            answers.append({'command': command, 'code': code, 'said': plain(said),
                            'rows': [[plain(cell) for cell in row] for row in head + body]})
    json.dump(answers, sys.stdout, indent=1)


main()
