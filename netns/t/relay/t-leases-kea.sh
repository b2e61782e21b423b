#!/bin/bash
# t-leases-kea.sh: t-leases.sh with ISC dhcpd and Kea as the two servers.

SERVERS="dhcpd kea"
. "$(dirname "$0")/t-leases.sh"
