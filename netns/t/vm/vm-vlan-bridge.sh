#!/bin/bash
# vm-vlan-bridge.sh: vm-vlan-trunk.sh with a router that is a VLAN-aware bridge
# itself, its sub-interfaces standing on the bridge.

SHAPE=topo_vlan_bridge
. "$(dirname "$0")/vm-vlan-trunk.sh"
