#include "tcp/listeners.h"

#include <gtest/gtest.h>
#include <map>

#include "engine/random.h"

namespace tcp {
namespace {

using engine::Ipv4;
using engine::SocketAddress;

TEST(TcpListeners, NobodyListensByDefault) {
  EXPECT_EQ(Listeners{}.find({Ipv4{10, 0, 0, 1}, 80}), listener_none);
  EXPECT_EQ(Listeners{}.find({Ipv4{}, 0}), listener_none);
  EXPECT_EQ((Listeners{std::vector<Listeners::Entry>{}}.find({Ipv4{10, 0, 0, 1}, 80})), listener_none);
}

TEST(TcpListeners, AddressAndPortBothCount) {
  const std::vector<Listeners::Entry> entries{
      {{Ipv4{10, 0, 0, 1}, 80}, 0}, {{Ipv4{10, 0, 0, 1}, 81}, 1}, {{Ipv4{10, 0, 0, 2}, 80}, 2}};
  const Listeners listeners{entries};
  EXPECT_EQ(listeners.find({Ipv4{10, 0, 0, 1}, 80}), 0);
  EXPECT_EQ(listeners.find({Ipv4{10, 0, 0, 1}, 81}), 1);
  EXPECT_EQ(listeners.find({Ipv4{10, 0, 0, 2}, 80}), 2);
  EXPECT_EQ(listeners.find({Ipv4{10, 0, 0, 2}, 81}), listener_none);
  EXPECT_EQ(listeners.find({Ipv4{10, 0, 0, 3}, 80}), listener_none);
}

TEST(TcpListeners, TheLastOfTwoEqualAddressesCounts) {
  const std::vector<Listeners::Entry> entries{{{Ipv4{10, 0, 0, 1}, 80}, 3}, {{Ipv4{10, 0, 0, 1}, 80}, 4}};
  EXPECT_EQ(Listeners{entries}.find({Ipv4{10, 0, 0, 1}, 80}), 4);
}

TEST(TcpListeners, AgreesWithAMap) {
  for (const std::size_t size : {1u, 2u, 3u, 7u, 100u, 3000u}) {
    engine::Random random{size};
    std::map<SocketAddress, ListenerId> model;
    std::vector<Listeners::Entry> entries;
    const auto any = [&] {
      return SocketAddress{Ipv4{0x0a00'0000u + static_cast<std::uint32_t>(random.below(64))},
                           static_cast<std::uint16_t>(random.below(200))};
    };
    for (std::size_t i = 0; i < size; ++i) {
      entries.push_back({any(), static_cast<ListenerId>(i)});
      model[entries.back().address] = entries.back().id;
    }
    const Listeners listeners{entries};
    for (int i = 0; i < 5000; ++i) {
      const SocketAddress address = any();
      const auto known = model.find(address);
      ASSERT_EQ(listeners.find(address), known == model.end() ? listener_none : known->second);
    }
  }
}

}  // namespace
}  // namespace tcp
