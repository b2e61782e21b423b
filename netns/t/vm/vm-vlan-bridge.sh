#!/bin/bash
# vm-vlan-bridge.sh: as vm-vlan-trunk.sh, but the router itself is a VLAN-aware bridge,
# with its sub-interfaces on the bridge.

SHAPE=topo_vlan_bridge
. "$(dirname "$0")/vm-vlan-trunk.sh"
