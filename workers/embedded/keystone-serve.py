"""Serves a Keystone for trying and for tests: keystone-serve.py CONFIG_FILE HOST PORT.

One process does what `keystone-manage db_sync`, `keystone-manage bootstrap` and a WSGI server do: each of these
commands would spend two seconds on its imports alone. The administrator's password is in KEYSTONE_ADMIN_PASSWORD.
Safe to run again on the same database.
"""
import os
import sys
import warnings

warnings.simplefilter('ignore')
config_file, host, port = sys.argv[1:4]
password = os.environ.pop('KEYSTONE_ADMIN_PASSWORD')
sys.argv = ['keystone']
os.environ['OS_KEYSTONE_CONFIG_FILES'] = os.path.basename(config_file)
os.environ['OS_KEYSTONE_CONFIG_DIR'] = os.path.dirname(config_file)

from keystone.cmd import bootstrap  # noqa: E402
from keystone.common.sql import upgrades  # noqa: E402
from keystone.server.flask import core  # noqa: E402
import waitress  # noqa: E402


class Setup(bootstrap.Bootstrapper):
    """Keystone's own first steps, with the back-ends that the server has loaded already."""

    def __init__(self):
        # Not the parent's: that would load the back-ends a second time.
        for name in ('project_id', 'reader_role_id', 'member_role_id', 'manager_role_id', 'admin_role_id',
                     'service_role_id', 'default_domain_id', 'admin_user_id'):
            setattr(self, name, None)
        self.reader_role_name, self.member_role_name = 'reader', 'member'
        self.manager_role_name, self.service_role_name = 'manager', 'service'
        self.admin_role_name = self.admin_username = self.project_name = 'admin'
        self.admin_password = password
        self.immutable_roles = True
        self.region_id, self.service_name, self.endpoints = 'RegionOne', 'keystone', {}
        self.public_url = self.internal_url = self.admin_url = 'http://%s:%s/v3' % (host, port)


app = core.initialize_application('public', config_files=core._get_config_files(),
                                  post_log_configured_function=upgrades.offline_sync_database_to_version)
Setup().bootstrap()
print('serving', flush=True)
waitress.serve(app, host=host, port=int(port), threads=1, ident=None)
