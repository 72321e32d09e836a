"""Calls the methods of openstacksdk's block-storage proxy one by one: run_sdk.py URL PROJECT.

Prints JSON: {called: {method: "ok" or what went wrong}, all: [every method that there is]}.
"""
import json
import sys
import time
import warnings

warnings.simplefilter('ignore')

import openstack
from keystoneauth1 import discover
from openstack.block_storage.v3 import _proxy

SERVER = '44444444-2222-3333-4444-555555555555'
CONNECTOR = {'host': 'c1', 'ip': '127.0.0.1', 'initiator': 'iqn.1994-05.com.redhat:one'}


def connect(url, project):
    ask = discover.get_version_data
    # noauth answers nothing without a token, not even which versions there are.
    discover.get_version_data = lambda session, url, authenticated=None, **rest: ask(
        session, url, authenticated=True, **rest)
    endpoint = f'{url}/v3'
    return openstack.connect(
        auth_type='admin_token', auth={'endpoint': endpoint, 'token': f'admin:{project}'}, load_yaml_config=False,
        load_envvars=False, block_storage_endpoint_override=endpoint, block_storage_api_version='3',
        block_storage_default_microversion='3.71').block_storage


class Caller:
    def __init__(self, proxy):
        self.proxy, self.called = proxy, {}

    def __getattr__(self, name):
        method = getattr(self.proxy, name)

        def call(*args, **kwargs):
            try:
                answer = method(*args, **kwargs)
                if hasattr(answer, '__next__'):
                    answer = list(answer)
                self.called.setdefault(name, 'ok')
                return answer
            except Exception as error:
                self.called[name] = f'{type(error).__name__}: {error}'
                return None
        return call

    def until(self, what, row):
        """Waits until a volume, snapshot or backup has come to rest."""
        for _ in range(400):
            row = getattr(self.proxy, f'get_{what}')(row.id)
            if row.status not in ('creating', 'extending', 'backing-up', 'restoring-backup', 'restoring'):
                return row
            time.sleep(0.05)
        raise SystemExit(f'{what} {row.id} stays {row.status}')


def volumes(s):
    volume = s.until('volume', s.create_volume(name='one', size=1))
    s.volumes(), s.volumes(details=False), s.get_volume(volume), s.find_volume('one'), s.summary(all_projects=False)
    s.update_volume(volume, name='first')
    s.fetch_volume_metadata(volume), s.get_volume_metadata(volume)
    s.set_volume_metadata(volume, a='b'), s.delete_volume_metadata(volume, keys=['a'])
    s.set_volume_image_metadata(volume, i='j'), s.delete_volume_image_metadata(volume, keys=['i'])
    s.extend_volume(volume, 2)
    s.until('volume', volume)
    s.set_volume_readonly(volume, True), s.set_volume_readonly(volume, False)
    s.set_volume_bootable_status(volume, True)
    s.reset_volume_status(volume, 'available', 'detached', None)
    s.reserve_volume(volume), s.unreserve_volume(volume)
    s.init_volume_attachment(volume, CONNECTOR), s.terminate_volume_attachment(volume, CONNECTOR)
    s.attach_volume(volume, '/dev/vdb', instance=SERVER)
    s.begin_volume_detaching(volume), s.abort_volume_detaching(volume)
    attachment = s.get_volume(volume).attachments[0]['attachment_id']
    s.detach_volume(volume, attachment)
    made = s.create_attachment(volume, connector=CONNECTOR, mode='rw', instance=SERVER)
    s.attachments(), s.get_attachment(made), s.update_attachment(made, connector=CONNECTOR)
    s.complete_attachment(made), s.delete_attachment(made)
    s.wait_for_status(s.get_volume(volume), 'available')
    return volume


def snapshots_and_backups(s, volume):
    snapshot = s.until('snapshot', s.create_snapshot(volume_id=volume.id, name='snap'))
    s.snapshots(), s.get_snapshot(snapshot), s.find_snapshot('snap'), s.update_snapshot(snapshot, name='snap2')
    s.set_snapshot_metadata(snapshot, a='b'), s.fetch_snapshot_metadata(snapshot), s.get_snapshot_metadata(snapshot)
    s.delete_snapshot_metadata(snapshot, keys=['a'])
    s.reset_snapshot_status(snapshot, 'available'), s.reset_snapshot(snapshot, 'available')
    s.reset_snapshot_status(snapshot, 'creating'), s.set_snapshot_status(snapshot, 'available')
    backup = s.until('backup', s.create_backup(volume_id=volume.id, name='back'))
    s.backups(), s.get_backup(backup), s.find_backup('back'), s.update_backup(backup, name='back2')
    s.set_backup_metadata(backup, a='b'), s.fetch_backup_metadata(backup), s.get_backup_metadata(backup)
    s.delete_backup_metadata(backup, keys=['a'])
    s.reset_backup_status(backup, 'available'), s.reset_backup(backup, 'available')
    s.restore_backup(backup, volume_id=volume.id)
    s.until('backup', backup)
    s.delete_backup(backup), s.delete_snapshot(snapshot), s.wait_for_delete(snapshot)


def types(s, project):
    kind = s.create_type(name='kind', is_public=False)
    s.types(), s.get_type(kind), s.find_type('kind'), s.update_type(kind, name='kind2')
    s.update_type_extra_specs(kind, **{'x:a': 'b'}), s.delete_type_extra_specs(kind, ['x:a'])
    s.add_type_access(kind, project), s.get_type_access(kind), s.remove_type_access(kind, project)
    encryption = s.create_type_encryption(kind, provider='luks', control_location='front-end')
    s.get_type_encryption(kind)
    s.update_type_encryption(encryption=s.proxy.get_type_encryption(kind), cipher='aes')
    s.delete_type_encryption(s.proxy.get_type_encryption(kind))
    qos = s.create_qos_spec(name='qos', consumer='both')
    s.qos_specs(), s.get_qos_spec(qos), s.find_qos_spec('qos'), s.update_qos_spec(qos, consumer='front-end')
    # The SDK's way of sending keys is none that Cinder takes.
    s.proxy.put(f'/qos-specs/{qos.id}', json={'qos_specs': {'a': 'b'}})
    s.delete_qos_spec_metadata(qos, ['a'])
    s.associate_qos_spec(qos, kind.id), s.qos_spec_associations(qos), s.disassociate_qos_spec(qos, kind.id)
    s.disassociate_all_qos_spec(qos), s.delete_qos_spec(qos)
    s.set_default_type(project, kind), s.show_default_type(project), s.default_types(), s.unset_default_type(project)
    s.delete_type(kind)
    group = s.create_group_type(name='group')
    s.group_types(), s.get_group_type(group), s.find_group_type(group.id), s.update_group_type(group, name='group2')
    s.create_group_type_group_specs(group, {'a': 'b'}), s.fetch_group_type_group_specs(group)
    s.get_group_type_group_specs_property(group, 'a'), s.update_group_type_group_specs_property(group, 'a', 'c')
    s.delete_group_type_group_specs_property(group, 'a'), s.delete_group_type(group)


def projects_and_services(s, project, volume):
    transfer = s.create_transfer(volume_id=volume.id, name='gift')
    s.transfers(), s.get_transfer(transfer), s.find_transfer('gift'), s.accept_transfer(transfer, transfer.auth_key)
    s.delete_transfer(s.create_transfer(volume_id=volume.id, name='kept'))
    s.get_limits(), s.get_quota_set(project), s.get_quota_set_defaults(project)
    s.update_quota_set(project, volumes=99), s.revert_quota_set(project)
    s.get_quota_class_set('default'), s.update_quota_class_set('gold', volumes=9)
    (message,) = s.messages()
    s.get_message(message), s.delete_message(message)
    s.services(), s.find_service('cinder-scheduler')
    service = next(row for row in s.proxy.services() if row.host == 'peer@lf2')
    s.disable_service(service, reason='mending'), s.enable_service(service)
    s.freeze_service(service), s.thaw_service(service)
    s.get_service_log_levels(binary='cinder-volume', server='peer@lf', prefix='cinder')
    s.set_service_log_levels(binary='cinder-volume', server='peer@lf', prefix='cinder', level='INFO')
    s.backend_pools(), s.get_capabilities('peer@lf'), s.resource_filters(), s.extensions(), s.availability_zones()
    s.clusters(), s.consistency_groups(), s.consistency_group_snapshots()
    s.delete_volume(volume), s.wait_for_delete(volume)


def main():
    url, project = sys.argv[1:]
    caller = Caller(connect(url, project))
    volume = volumes(caller)
    snapshots_and_backups(caller, volume)
    types(caller, project)
    projects_and_services(caller, project, volume)
    every = [name for name, value in vars(_proxy.Proxy).items() if not name.startswith('_') and callable(value)]
    json.dump({'called': caller.called, 'all': sorted(every)}, sys.stdout, indent=1)


main()
