// What rbd 16.2.15 and ceph 16.2.15 printed on a cluster of one node, word for word.

export const cloneInfo =
  '{"name":"b","id":"102f2c05cfc","size":1073741824,"objects":256,"order":22,"object_size":4194304,"snapshot_count":0,"block_name_prefix":"rbd_data.102f2c05cfc","format":2,"features":["layering","exclusive-lock","object-map","fast-diff","deep-flatten"],"op_features":[],"flags":[],"create_timestamp":"Sat Nov 21 20:15:01 2026","access_timestamp":"Sat Nov 21 20:15:01 2026","modify_timestamp":"Sat Nov 21 20:15:01 2026","parent":{"pool":"volumes","pool_namespace":"","image":"a","id":"10139cd9d294","snapshot":"s","trash":false,"overlap":1073741824}}\n';

export const snapshotInfo =
  '{"name":"a","id":"10139cd9d294","size":1073741824,"objects":256,"order":22,"object_size":4194304,"snapshot_count":1,"block_name_prefix":"rbd_data.10139cd9d294","format":2,"features":["layering","exclusive-lock","object-map","fast-diff","deep-flatten"],"op_features":[],"flags":[],"create_timestamp":"Sat Nov 21 20:12:04 2026","access_timestamp":"Sat Nov 21 20:12:04 2026","modify_timestamp":"Sat Nov 21 20:12:04 2026","protected":"true"}\n';

export const children = '[{"pool":"volumes","pool_namespace":"","image":"b"}]\n';

export const snapshots =
  '[{"id":4,"name":"s","size":1073741824,"protected":"true","timestamp":"Sat Nov 21 20:12:07 2026","namespace":{"type":"user"}}]\n';

export const list =
  '[{"image":"a","id":"10139cd9d294","size":1073741824,"format":2},{"image":"a","id":"10139cd9d294","snapshot":"s","snapshot_id":4,"size":1073741824,"format":2,"protected":"true"},{"image":"b","id":"102f2c05cfc","size":1073741824,"parent":{"pool":"volumes","pool_namespace":"","image":"a","snapshot":"s"},"format":2}]\n';

export const monitors =
  '\n{"epoch":1,"fsid":"da5bf46f-90d7-4f00-bce3-d12f764478c2","modified":"2026-11-21T20:11:51.661074Z","created":"2026-11-21T20:11:51.661074Z","min_mon_release":16,"min_mon_release_name":"pacific","election_strategy":1,"disallowed_leaders: ":"","stretch_mode":false,"tiebreaker_mon":"","removed_ranks: ":"","features":{"persistent":["kraken","luminous","mimic","osdmap-prune","nautilus","octopus","pacific","elector-pinging"],"optional":[]},"mons":[{"rank":0,"name":"a","public_addrs":{"addrvec":[{"type":"v2","addr":"127.0.0.1:17790","nonce":0},{"type":"v1","addr":"127.0.0.1:17789","nonce":0}]},"addr":"127.0.0.1:17789/0","public_addr":"127.0.0.1:17789/0","priority":0,"weight":0,"crush_location":"{}"}],"quorum":[0]}\n';

export const use =
  '\n{"stats":{"total_bytes":4294967296,"total_avail_bytes":3990601728,"total_used_bytes":304365568,"total_used_raw_bytes":304365568,"total_used_raw_ratio":0.070865631103515625,"num_osds":1,"num_per_pool_osds":1,"num_per_pool_omap_osds":1},"stats_by_class":{"hdd":{"total_bytes":4294967296,"total_avail_bytes":3990601728,"total_used_bytes":304365568,"total_used_raw_bytes":304365568,"total_used_raw_ratio":0.070865631103515625}},"pools":[{"name":"volumes","id":1,"stats":{"stored":404,"objects":11,"kb_used":24,"bytes_used":24576,"percent_used":6.5086851464002393e-06,"max_avail":3775853312}}]}\n';

export const useWithoutManager =
  '\n{"stats":{"total_bytes":0,"total_avail_bytes":0,"total_used_bytes":0,"total_used_raw_bytes":0,"total_used_raw_ratio":0,"num_osds":0,"num_per_pool_osds":0,"num_per_pool_omap_osds":0},"stats_by_class":{},"pools":[]}\n';

export const quota =
  '\n{"pool_name":"volumes","pool_id":1,"quota_max_objects":0,"current_num_objects":11,"quota_max_bytes":1073741824,"current_num_bytes":404}\n';

export const progress =
  'Image flatten: 1% complete...\rImage flatten: 2% complete...\rImage flatten: 100% complete...done.\n';

/** What was refused, in which words and with which exit code. */
export const refusals = {
  noConf: { exitCode: 1, stderr: 'global_init: unable to open config file from search list /none\n' },
  noPool: { exitCode: 2, stderr: "rbd: error opening pool 'nopool': (2) No such file or directory\n" },
  noPoolForCeph: { exitCode: 2, stderr: "Error ENOENT: unrecognized pool 'nopool'\n" },
  unknownClient: {
    exitCode: 13,
    stderr:
      "2026-11-21T20:15:05.577+0000 7f811c2b16c0 -1 monclient(hunting): handle_auth_bad_method server allowed_methods [2] but i only support [2]\n\nrbd: couldn't connect to the cluster!\nrbd: listing images failed: (13) Permission denied\n",
  },
  noKeyring: {
    exitCode: 2,
    stderr:
      "2026-11-21T20:32:33.593+0000 7fed5c29f380 -1 auth: unable to find a keyring on /none: (2) No such file or directory\n\nrbd: couldn't connect to the cluster!\nrbd: listing images failed: (2) No such file or directory\n",
  },
  silentMonitor: {
    exitCode: 110,
    stderr:
      "2026-11-21T20:32:11.933+0000 7eff85c95380  0 monclient(hunting): authenticate timed out after 3\n\nrbd: couldn't connect to the cluster!\nrbd: listing images failed: (110) Connection timed out\n",
  },
  open: {
    exitCode: 16,
    stderr:
      '2026-11-21T20:31:44.901+0000 7f00b54746c0 -1 librbd::image::PreRemoveRequest: 0x555fece4c470 check_image_watchers: image has watchers - not removing\n\nRemoving image: 0% complete...failed.\nrbd: error: image still has watchers\nThis means the image is still open or the client using it crashed. Try again after closing/unmapping it or waiting 30s for the crashed client to timeout.\n',
  },
  /** As a client that logs nothing to its error output prints it. */
  silentClient: { exitCode: 13, stderr: "rbd: couldn't connect to the cluster!\n" },
  noImage: { exitCode: 2, stderr: 'rbd: error opening image zz: (2) No such file or directory\n' },
} as const;
