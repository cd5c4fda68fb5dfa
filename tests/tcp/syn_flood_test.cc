// A million SYNs a second, in virtual time: established connections and new honest ones do not notice.   Spec: RFC 4987.
#include <gtest/gtest.h>
#include <map>

#include "engine/random.h"
#include "tests/tcp/player.h"

namespace tcp {
namespace {

using support::Bytes;

constexpr std::uint16_t first_honest_port = 60'000;
constexpr std::string_view request = "a request", answer = "an answer";

/// Clients that talk to our_port, and the flood around them.
class Flood {
 public:
  Flood() : fixture{StackOptions{.connections_max = 256, .half_open_max = 64}} {
    fixture.listen(true);
    fixture.application().on_event = [this](const Event& e, Instant) {
      if ((e.what & Outbox::readable) == 0) return;
      fixture.stack().consume(e.connection, fixture.stack().received_bytes(e.connection));
      EXPECT_TRUE(fixture.stack().send_copy(e.connection, answer));
    };
  }

  /// A millisecond: `syns` of nobody in bursts, and `honest` packets among them. Reads the answers to the honest.
  void millisecond(unsigned syns, std::vector<Bytes> honest) {
    std::vector<Bytes> burst;
    for (unsigned i = 0; i <= syns; ++i) {
      if (i != syns)
        burst.push_back(
            syn(static_cast<std::uint16_t>(1024 + random_.next() % 50'000), static_cast<std::uint32_t>(random_.next())));
      if (i == syns / 2) burst.insert(burst.end(), honest.begin(), honest.end());
      if (burst.size() >= 32) fixture.turn(std::exchange(burst, {}));
    }
    fixture.turn(burst);
    for (const Bytes& packet : fixture.take_sent()) read(packet);
    fixture.run_to(fixture.now() + std::chrono::milliseconds{1});
  }
  /// The next packet of an honest client: its SYN, then its requests.
  Bytes next(std::uint16_t port) {
    Client& c = clients_[port];
    if (c.answers == 0 && !c.is_open) return syn(port, port);
    support::TcpFields f{.src_port = port, .dst_port = our_port, .seq = c.seq, .ack = c.ack, .flags = "PA"};
    c.seq += static_cast<std::uint32_t>(request.size());
    return support::ipv4({.src = peer_address, .dst = our_address}, support::tcp(f, request));
  }
  [[nodiscard]] unsigned answers(std::uint16_t port) { return clients_[port].answers; }

  StackFixture fixture;

 private:
  struct Client {
    std::uint32_t seq = 0, ack = 0;
    unsigned answers = 0;
    bool is_open = false;
  };
  static Bytes syn(std::uint16_t port, std::uint32_t seq) {
    return support::ipv4({.src = peer_address, .dst = our_address},
                         support::tcp({.src_port = port, .dst_port = our_port, .seq = seq, .flags = "S"}, ""));
  }
  void read(const Bytes& packet) {
    std::string error;
    const auto d = script::decode(packet, error);
    ASSERT_TRUE(d) << error;
    const auto found = clients_.find(d->tuple.remote_port.host());
    if (found == clients_.end()) return;  // for nobody
    Client& c = found->second;
    EXPECT_EQ(d->flags & Flags::rst_bit, 0) << "to port " << found->first;
    if ((d->flags & Flags::syn_bit) != 0)
      c = {.seq = found->first + 1u, .ack = d->seq + 1, .answers = 0, .is_open = true};
    else if (packet.size() > 40 && d->seq == c.ack)
      ++c.answers, c.ack += static_cast<std::uint32_t>(answer.size());
  }

  std::map<std::uint16_t, Client> clients_;
  engine::Random random_{1};
};

TEST(TcpSynFlood, EstablishedAndNewConnectionsWorkThroughAMillionSynsASecond) {
  Flood flood;
  constexpr std::uint16_t established = first_honest_port;
  flood.millisecond(0, {flood.next(established)});
  flood.millisecond(0, {flood.next(established)});
  ASSERT_EQ(flood.answers(established), 1u);
  constexpr unsigned rounds = 60;
  for (unsigned i = 0; i < rounds; ++i) {  // three new clients in each, their requests one millisecond later
    std::vector<Bytes> honest{flood.next(established)};
    for (unsigned k = 0; k < 3; ++k) honest.push_back(flood.next(static_cast<std::uint16_t>(first_honest_port + 1 + 3 * i + k)));
    if (i != 0)
      for (unsigned k = 0; k < 3; ++k)
        honest.push_back(flood.next(static_cast<std::uint16_t>(first_honest_port + 1 + 3 * (i - 1) + k)));
    flood.millisecond(1000, honest);
  }
  EXPECT_EQ(flood.answers(established), rounds + 1);
  for (unsigned i = 0; i < 3 * (rounds - 1); ++i)
    EXPECT_EQ(flood.answers(static_cast<std::uint16_t>(first_honest_port + 1 + i)), 1u) << "client " << i;
  const Counters& counters = flood.fixture.stack().counters();
  EXPECT_GT(counters.syn_cookies_sent.get(), 59'000u);
  EXPECT_GE(counters.syn_cookies_received.get(), 3 * (rounds - 1));
  EXPECT_LE(flood.fixture.stack().connections(), 64 + 3 * rounds + 1) << "no SYN beyond half_open_max has a place";
}

}  // namespace
}  // namespace tcp
