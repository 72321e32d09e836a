"""Serves a Glance for trying and for tests: glance-serve.py CONFIG_DIRECTORY HOST PORT.

One process does what `glance-manage db_sync` and a WSGI server do. Safe to run again on the same database.
"""
import os
import sys
import warnings

warnings.simplefilter('ignore')
config_directory, host, port = sys.argv[1:4]
sys.argv = ['glance-api']
os.environ['OS_GLANCE_CONFIG_DIR'] = config_directory

from glance.common import wsgi_app  # noqa: E402
from glance.db.sqlalchemy import api as database  # noqa: E402
from glance.db.sqlalchemy import models  # noqa: E402
import waitress  # noqa: E402

app = wsgi_app.init_app()
models.register_models(database.get_engine())
print('serving', flush=True)
waitress.serve(app, host=host, port=int(port), threads=4, ident=None,
               # Its own limit is 1 GiB: less than a volume.
               max_request_body_size=1 << 50)
