#include "services/control_plane/peer.h"

#include <gtest/gtest.h>

namespace windrow::control_plane {
namespace {

TEST(PeerTest, LoopbackIsThisMachineInEverySpelling) {
  for (const char* peer :
       {"ipv4:127.0.0.1:4711", "ipv4:127.255.0.7:1", "ipv6:%5B::1%5D:4711",
        "ipv6:[::1]:4711", "ipv6:%5B::ffff:127.0.0.1%5D:9", "ipv6:[::ffff:7f00:1]:9",
        "unix:", "unix:/run/windrow.sock", "unix-abstract:windrow"}) {
    EXPECT_TRUE(IsLoopbackPeer(peer)) << peer;
  }
}

TEST(PeerTest, AnythingElseIsNot) {
  for (const char* peer :
       {"", "ipv4:", "ipv4:10.0.0.1:4711", "ipv4:128.0.0.1:1", "ipv4:0.0.0.0:1",
        "ipv6:%5B::%5D:1", "ipv6:%5Bfe80::1%5D:1", "ipv6:%5B2001:db8::1%5D:1",
        "ipv6:%5B::ffff:10.0.0.1%5D:1", "ipv6:%5B::7f00:1%5D:1", "vsock:1:2",
        "ipv4:localhost:1", "dns:127.0.0.1:1", "127.0.0.1:1"}) {
    EXPECT_FALSE(IsLoopbackPeer(peer)) << peer;
  }
}

}  // namespace
}  // namespace windrow::control_plane
