#!/usr/bin/env bash
# Records tests/captures/ anew: real programs of two network namespaces, host and peer, talk over a veth pair, and
# tcpdump listens at the host. Needs root. Makes its own namespaces and processes and removes them.
#   tools/record_captures.sh [FOLDER]
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

((EUID == 0)) || die "making network namespaces needs root"
install record
captures=$(realpath -m "${1:-$root/tests/captures}")
scratch=$(mktemp -d)
host=saya-host-$$ peer=saya-peer-$$
host4=10.77.0.2 peer4=10.77.1.1 host6=fd77::2 peer6=fd77::1
services=()

cleanup() {
  ((${#services[@]} == 0)) || kill "${services[@]}" 2>/dev/null || true
  wait
  ip netns del "$host" 2>/dev/null || true
  ip netns del "$peer" 2>/dev/null || true
  rm -rf "$scratch"
}
trap cleanup EXIT
trap exit INT TERM

# on NAMESPACE COMMAND...
on() { ip netns exec "$@"; }

# talk NAMESPACE COMMAND...: its output is of no interest, and it may fail: some talk to closed ports on purpose.
talk() { on "$@" </dev/null &>/dev/null || true; }

# serve NAMESPACE LOG COMMAND...: in the background, until the end.
serve() {
  ip netns exec "$1" "${@:3}" </dev/null &>"$scratch/$2.log" &  # Not `on`: $! would be a shell of its own.
  services+=($!)
}

# await WHAT COMMAND...: polls until the command succeeds.
await() {
  local what=$1 try
  shift
  for ((try = 0; try < 100; ++try)); do
    "$@" &>/dev/null && return
    sleep 0.1
  done
  tail -n 5 "$scratch"/*.log >&2
  die "$what did not come up"
}

listens() { on "$1" ss -Hltn "sport = :$2" | grep -q .; }

# --- the network -----------------------------------------------------------------------------------------------------

# address NAMESPACE DEVICE MAC IPV4 IPV6
address() {
  on "$1" ip link set "$2" address "$3"
  on "$1" ip address add "$4/16" dev "$2"
  on "$1" ip address add "$5/64" dev "$2" nodad
  on "$1" ip link set lo up
  on "$1" ip link set "$2" up
}

make_network() {
  ip netns add "$host"
  ip netns add "$peer"
  ip -n "$host" link add host0 type veth peer name peer0 netns "$peer"
  address "$host" host0 02:00:0a:4d:00:02 "$host4" "$host6"
  address "$peer" peer0 02:00:0a:4d:01:01 "$peer4" "$peer6"
  await "the link" on "$host" ping -c 1 -W 1 "$peer4"
  await "the link (IPv6)" on "$host" ping -6 -c 1 -W 1 "$peer6"
}

# offloads on|off: off, the kernel finishes each checksum and segment before the tap; on, it leaves both to a card.
offloads() {
  on "$host" ethtool -K host0 tx "$1" tso "$1" gso "$1" >/dev/null
  on "$peer" ethtool -K peer0 tx "$1" tso "$1" gso "$1" >/dev/null
}

# --- the services ----------------------------------------------------------------------------------------------------

make_files() {
  mkdir "$scratch/www"
  seq 1 700 >"$scratch/www/index.html"
  # Of text that does not repeat: the transfer is compared by what it holds.
  openssl enc -aes-128-ctr -K 0 -iv 0 -in /dev/zero 2>/dev/null | head -c 250000 >"$scratch/www/large" || true
  openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=peer.example.test \
    -keyout "$scratch/key.pem" -out "$scratch/certificate.pem" 2>/dev/null
}

start_services() {
  local dns=(dnsmasq --no-daemon --conf-file=/dev/null --no-resolv --no-hosts --user=root --pid-file= --bind-interfaces
    --listen-address="$peer4,$peer6" --address="/www.example.test/$peer4" --address="/www.example.test/$peer6"
    --txt-record="text.example.test,$(seq -s ' ' 60)" --local=/example.test/ --enable-tftp --tftp-root="$scratch/www")
  serve "$peer" dns "${dns[@]}"
  serve "$peer" http python3 -m http.server --bind :: --directory "$scratch/www" 80
  serve "$host" http-host python3 -m http.server --bind :: --directory "$scratch/www" 80
  serve "$peer" tls openssl s_server -accept 443 -www -quiet -key "$scratch/key.pem" -cert "$scratch/certificate.pem"
  await dnsmasq listens "$peer" 53
  await http.server listens "$peer" 80
  await "http.server of the host" listens "$host" 80
  await "openssl s_server" listens "$peer" 443
}

# --- the talk --------------------------------------------------------------------------------------------------------

tcp() {
  talk "$host" curl -s "http://$peer4/"
  talk "$peer" curl -s "http://$host4/"
  talk "$host" curl -s "http://$peer4:81/"  # Refused.
}

udp() {
  talk "$host" curl -s "tftp://$peer4/index.html"
  talk "$peer" logger --udp --server "$host4" --port 9 "to the discard port"
  talk "$peer" logger --udp --server "$host4" --port 9 "to the discard port again"
  talk "$peer" logger --udp --server "$host4" --port 514 "nobody listens: port unreachable"
  talk "$host" logger --udp --server "$peer4" --port 514 --size 4000 "in three fragments: $(seq -s ' ' 1000 | head -c 3500)"
}

dns() {
  talk "$host" dig +tries=1 "@$peer4" www.example.test A
  talk "$host" dig +tries=1 "@$peer4" www.example.test AAAA
  talk "$host" dig +tries=1 "@$peer4" text.example.test TXT
  talk "$host" dig +tries=1 "@$peer4" absent.example.test A
  talk "$host" dig +tries=1 +tcp "@$peer4" www.example.test A
}

# forget_neighbours: so that the next packet has to ask for an address.
forget_neighbours() {
  on "$host" ip neighbour flush dev host0
  on "$peer" ip neighbour flush dev peer0
}

icmp() {
  forget_neighbours
  talk "$host" ping -c 3 -i 0.2 "$peer4"
  talk "$peer" ping -c 2 -i 0.2 "$host4"
  talk "$host" ping -c 1 -R "$peer4"       # IPv4 options.
  talk "$host" ping -c 1 -s 3000 "$peer4"  # Fragments.
}

ipv6() {
  forget_neighbours
  talk "$host" ping -6 -c 2 -i 0.2 "$peer6"
  talk "$host" ping -6 -c 1 -s 3000 "$peer6"  # Fragment headers.
  talk "$host" curl -s "http://[$peer6]/"
  talk "$peer" curl -s "http://[$host6]/"
  talk "$host" dig +tries=1 "@$peer6" www.example.test AAAA
  talk "$peer" logger --udp --server "$host6" --port 9 "to the discard port"
}

tls() {
  talk "$host" openssl s_client -connect "$peer4:443" -tls1_3
  talk "$host" openssl s_client -connect "$peer4:443" -tls1_2
  talk "$host" curl -sk "https://$peer4/"
}

large() { talk "$host" curl -s -o /dev/null "http://$peer4/large"; }

vlan() {
  forget_neighbours
  talk "$host" ping -c 2 -i 0.2 "$peer4"
  talk "$host" curl -s "http://$peer4/"
  talk "$host" dig +tries=1 "@$peer4" www.example.test A
  talk "$host" ping -6 -c 1 "$peer6"
}

everything() {
  local round
  for round in first second; do icmp && dns && tcp && udp && ipv6 && tls; done
}

tag_vlan() {
  forget_neighbours
  local object=$scratch/tag_vlan.o
  quietly "compiling tag_vlan.bpf.c" clang-19 -O2 -g -target bpf -idirafter "/usr/include/$(uname -m)-linux-gnu" \
    -c "$root/tools/tag_vlan.bpf.c" -o "$object"
  local end
  for end in "$host host0" "$peer peer0"; do
    read -r namespace device <<<"$end"
    on "$namespace" tc qdisc add dev "$device" clsact
    on "$namespace" tc filter add dev "$device" egress bpf da obj "$object" program push_tags
    on "$namespace" tc filter add dev "$device" ingress bpf da obj "$object" program pop_tags
  done
}

# --- the record ------------------------------------------------------------------------------------------------------

# listen FILE TCPDUMP ARGS...: returns once tcpdump listens. Its process id is appended to $taps.
listen() {
  ip netns exec "$host" tcpdump -i host0 -Z root -U --immediate-mode -w "$captures/$1" "${@:2}" 2>"$scratch/$1.log" &
  taps+=($!)
  services+=($!)
  await "tcpdump for $1" grep -q "listening on" "$scratch/$1.log"
}

# record TALK: runs the function TALK and then stops the taps.
record() {
  "$1"
  sleep 0.3  # The last acknowledgement is still on its way.
  kill "${taps[@]}"
  wait "${taps[@]}" || true
  taps=()
}

# describe FILE WORDS: a row of README.md.
describe() {
  local packets
  packets=$(tcpdump -r "$captures/$1" -nn 2>/dev/null | wc -l)
  chmod 644 "$captures/$1"
  printf '| `%s` | %d | %d | %s |\n' "$1" "$packets" "$(stat -c %s "$captures/$1")" "$2" >>"$captures/README.md"
}

# capture TALK WORDS [TCPDUMP ARGS...]: TALK.pcap, both directions.
capture() {
  listen "$1.pcap" "${@:3}"
  record "$1"
  describe "$1.pcap" "$2"
}

capture_both_sides() {
  listen mixed.pcap -Q in
  listen host.pcap -Q out
  record everything
  describe mixed.pcap "What the host received while it did all of the above but the large transfer and the VLAN."
  describe host.pcap "What the host sent meanwhile: the other half of \`mixed.pcap\`, for \`--host\`."
}

write_preface() {
  cat >"$captures/README.md" <<END
# Captures

Real programs that talked between two network namespaces over a veth pair, recorded at the host by
\`tools/record_captures.sh\`, which also writes this page. The host is $host4 and $host6 (02:00:0a:4d:00:02), its peer
$peer4 and $peer6 (02:00:0a:4d:01:01). All checksums are right except in \`large.pcap\`, where the host's and the peer's
kernel left them, and the segmentation, to a card: the transport checksum there covers the pseudo header alone.
Classic pcap; stamps in microseconds, in \`large.pcap\` in nanoseconds.

| file | packets | bytes | what it holds |
|---|---|---|---|
END
}

taps=()
mkdir -p "$captures"
make_network
make_files
start_services
write_preface
offloads off
capture tcp "HTTP in both directions (curl, http.server), and a connection that is refused."
capture udp "TFTP, syslog to the discard port, to a closed port (ICMP unreachable), and in three IPv4 fragments."
capture dns "A, AAAA, TXT and an absent name (dig, dnsmasq), and one query over TCP."
capture icmp "ARP, and ping in both directions, with the record-route option, and in fragments."
capture ipv6 "Ping, also in fragments, HTTP, DNS and syslog over IPv6, with neighbour discovery."
capture tls "TLS 1.3 and 1.2 (openssl), and HTTPS (curl)."
capture_both_sides
offloads on
capture large "A transfer of 250 kB in GSO packets larger than the MTU." --time-stamp-precision=nano
offloads off
tag_vlan
capture vlan "Everything tagged 802.1Q (VLAN 20, priority 5), ICMP also 802.1ad (VLAN 100): ARP, ping, HTTP, DNS, IPv6."
say "recorded $(du -sb "$captures" | cut -f1) bytes in $captures"
