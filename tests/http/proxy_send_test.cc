// Heads of every size: in one mbuf, or, when they do not fit one, through a buffer into several.
#include "http/proxy_send.h"

#include <gtest/gtest.h>

#include "tests/http/proxy_world.h"

namespace http {
namespace {

TEST(ProxySend, HeadsAroundTheSizeOfAnMbufAreForwardedWhole) {
  ProxyWorld world;
  auto client = world.connect();
  std::optional<Peer> server;
  for (std::size_t bytes = 1'700; bytes < 2'100; bytes += 7) {
    SCOPED_TRACE(bytes);
    const std::string field = "A: " + std::string(bytes, 'a');
    client.sends_bytes("GET / HTTP/1.1\r\nHost: x\r\n" + field + "\r\n\r\n");
    if (!server) server = world.accepted();
    EXPECT_EQ(server->sees(), forwarded("GET / HTTP/1.1\nHost: x\n" + field));
    server->sends_bytes("HTTP/1.1 200 OK\r\n" + field + "\r\nContent-Length: 2\r\n\r\nhi");
    EXPECT_EQ(client.sees(), returned("HTTP/1.1 200 OK\n" + field + "\nContent-Length: 2") + "hi");
  }
}

TEST(ProxySend, ALargeHeadIsNotKeptForARetry) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("GET / HTTP/1.1\nHost: x\n\n");
  auto server = world.accepted();
  server.sends("HTTP/1.1 200 OK\nContent-Length: 0\n\n");
  EXPECT_NE(client.sees(), "");
  client.sends_bytes("GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(5'000, 'a') + "\r\n\r\n");
  EXPECT_GT(server.sees_bytes().size(), 5'000u);
  server.resets();
  EXPECT_EQ(client.sees(), refusal("502 Bad Gateway")) << "it lies in several mbufs, and one is what is kept";
  EXPECT_FALSE(world.has_accepted());
}

TEST(ProxySend, ASmallHeadIsKeptWhileItMayBeNeededAndNoLonger) {
  ProxyWorld world;
  auto client = world.connect();
  client.sends("GET / HTTP/1.1\nHost: x\n\n");
  auto server = world.accepted();
  EXPECT_NE(server.sees(), "");
  // Windows move as text comes: what they are charged is not what is held.
  const auto held = [&] {
    std::uint64_t mbufs = world.stack().account().used();
    for (tcp::ConnId id = 0; id < 2; ++id) mbufs -= world.stack().tcb(id).promised_mbufs;
    return mbufs;
  };
  ASSERT_EQ(world.stack().connections(), 2u);
  const std::uint64_t waiting = held();
  server.sends("HTTP/1.1 200 OK\nContent-Length: 10\n\nhalf");
  EXPECT_NE(client.sees(), "");
  EXPECT_EQ(held(), waiting - 1) << "the answer is here: the mbuf of the head went";
}

}  // namespace
}  // namespace http
