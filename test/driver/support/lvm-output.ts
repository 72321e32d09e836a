// What LVM 2.03.16 printed in the lab VM, as it came.

const report = (kind: string, rows: readonly string[]): string => `  {
      "report": [
          {
              "${kind}": [
                  ${rows.join(',\n                  ')}
              ]
          }
      ]
  }
`;

/** vgs --reportformat json --units b --nosuffix */
export const volumeGroup = report('vg', [
  '{"vg_name":"vg0", "vg_size":"3217031168", "vg_free":"163577856", "vg_extent_size":"4194304"}',
]);

/** lvs, the same way: a volume of 1 GiB with a snapshot of which 8 MiB have changed since. */
export const thickVolumes = report('lv', [
  '{"lv_name":"_snapshot-a", "lv_size":"1082130432", "lv_attr":"swi-a-s---", "origin":"volume-a", "pool_lv":"", "data_percent":"0.78", "lv_tags":"x", "lv_active":"active", "lv_device_open":""}',
  '{"lv_name":"volume-a", "lv_size":"1073741824", "lv_attr":"owi-a-s---", "origin":"", "pool_lv":"", "data_percent":"", "lv_tags":"scoria.epoch=3,scoria.volume=a", "lv_active":"active", "lv_device_open":""}',
]);

/** A pool with a volume that has grown to 2 GiB since its snapshot. */
export const thinVolumes = report('lv', [
  '{"lv_name":"_snapshot-t", "lv_size":"1073741824", "lv_attr":"Vwi-a-tz--", "origin":"volume-t", "pool_lv":"vg0-pool", "data_percent":"0.00", "lv_tags":"u", "lv_active":"active", "lv_device_open":""}',
  '{"lv_name":"vg0-pool", "lv_size":"3045064704", "lv_attr":"twi-aotz--", "origin":"", "pool_lv":"", "data_percent":"0.00", "lv_tags":"", "lv_active":"active", "lv_device_open":"open"}',
  '{"lv_name":"volume-t", "lv_size":"2147483648", "lv_attr":"Vwi-a-tz--", "origin":"", "pool_lv":"vg0-pool", "data_percent":"0.00", "lv_tags":"t", "lv_active":"active", "lv_device_open":""}',
]);
