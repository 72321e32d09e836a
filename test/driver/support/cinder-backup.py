"""Lets a real Cinder's posix backup driver write or restore one backup, with stand-ins for its database.

Reads one JSON object from its arguments:
  mode        "backup" or "restore"
  base        the directory of backup_posix_path
  volume      path of the volume's bytes: read by "backup", written by "restore"
  is_new      restore: whether the volume counts as new
  file_size, sha_block, compression
  backups     the backup to work on first, then its ancestors: id, volume_id, container, service_metadata,
              parent_id, size, name, description
  metadata    backup: the volume's metadata
Prints one JSON object: service_metadata, container and object_count after "backup", volume_meta after "restore".
"""
import datetime
import json
import sys
from unittest import mock

from oslo_config import cfg

from cinder import context
from cinder import objects
from cinder.backup.drivers import posix

request = json.loads(sys.argv[1])
CONF = cfg.CONF
CONF([], project='cinder', default_config_files=[])
objects.register_all()
CONF.set_override('connection', 'sqlite://', group='database')
CONF.set_override('backup_posix_path', request['base'])
CONF.set_override('backup_file_size', request['file_size'])
CONF.set_override('backup_sha_block_size_bytes', request['sha_block'])
CONF.set_override('backup_compression_algorithm', request['compression'])
CONF.set_override('backup_enable_progress_timer', False)


class Backup(dict):
    """Enough of objects.Backup for a chunked driver: the same values as attributes and as items."""

    def __getattr__(self, name):
        return self[name]

    def __setattr__(self, name, value):
        self[name] = value

    def save(self):
        pass

    def refresh(self):
        pass

    def as_read_deleted(self):
        return mock.MagicMock()


def made(row):
    return Backup(
        id=row['id'], volume_id=row['volume_id'], container=row.get('container'),
        service_metadata=row.get('service_metadata'), parent_id=row.get('parent_id'), parent=None,
        size=row['size'], display_name=row.get('name'), display_description=row.get('description'),
        created_at=datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc),
        status='creating' if request['mode'] == 'backup' else 'restoring')


backups = [made(row) for row in request['backups']]
by_id = {backup.id: backup for backup in backups}
driver = posix.PosixBackupDriver(context.get_admin_context())
driver.db = mock.Mock()
driver.db.volume_get.return_value = {'size': 1}
with mock.patch.object(objects.Backup, 'get_by_id', side_effect=lambda _context, id: by_id[id]), \
        mock.patch('cinder.backup.chunkeddriver.volume_utils.notify_about_backup_usage'):
    if request['mode'] == 'backup':
        driver.get_metadata = lambda _id: json.dumps({'version': 2, 'volume-metadata': request['metadata']})
        with open(request['volume'], 'rb') as volume:
            driver.backup(backups[0], volume)
        answer = {key: backups[0].get(key) for key in ('service_metadata', 'container', 'object_count')}
    else:
        restored = []
        driver.put_metadata = lambda _id, text: restored.append(json.loads(text))
        with open(request['volume'], 'r+b') as volume:
            driver.restore(backups[0], backups[0].volume_id, volume, request['is_new'])
        answer = {'volume_meta': restored[-1] if restored else None}
print(json.dumps(answer))
