// What tgtadm 1.0.85 really printed for three targets: one in use, one half-made, one with a read-only LUN and an
// outgoing account. Paths and names are shortened.

const controller = `        LUN: 0
            Type: controller
            SCSI ID: IET     00010000
            SCSI SN: beaf10
            Size: 0 MB, Block size: 1
            Online: Yes
            Removable media: No
            Prevent removal: No
            Readonly: No
            SWP: No
            Thin-provisioning: No
            Backing store type: null
            Backing store path: None
            Backing store flags: 
`;

export const threeTargets = `Target 1: iqn.2010-10.org.openstack:volume-8d85c306-6add-4850-b850-aa8288c03319
    System information:
        Driver: iscsi
        State: ready
    I_T nexus information:
        I_T nexus: 5
            Initiator: iqn.2008-11.org.linux-kvm alias: none
            Connection: 0
                IP Address: 127.0.0.1
    LUN information:
${controller}        LUN: 1
            Type: disk
            SCSI ID: IET     00010001
            SCSI SN: beaf11
            Size: 67 MB, Block size: 512
            Online: Yes
            Removable media: No
            Prevent removal: No
            Readonly: No
            SWP: No
            Thin-provisioning: No
            Backing store type: rdwr
            Backing store path: /srv/volumes/volume-8d85c306-6add-4850-b850-aa8288c03319
            Backing store flags: 
    Account information:
        u1
    ACL information:
        ALL
Target 2: iqn.x:half
    System information:
        Driver: iscsi
        State: offline
    I_T nexus information:
    LUN information:
${controller}    Account information:
    ACL information:
Target 3: iqn.x:y
    System information:
        Driver: iscsi
        State: ready
    I_T nexus information:
    LUN information:
${controller}        LUN: 1
            Type: disk
            SCSI ID: 8d85c306-6add-4850-b850-aa8288c03319
            SCSI SN: 8d85c306-6add-4850-b850-aa8288c03319
            Size: 322123 MB, Block size: 512
            Online: No
            Removable media: No
            Prevent removal: No
            Readonly: Yes
            SWP: No
            Thin-provisioning: No
            Backing store type: rdwr
            Backing store path: /srv/volumes/b1
            Backing store flags: 
    Account information:
        a (outgoing)
    ACL information:
`;
