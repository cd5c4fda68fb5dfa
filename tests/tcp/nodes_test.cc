#include "tcp/nodes.h"

#include <gtest/gtest.h>

#include "tests/tcp/text_slices.h"

namespace tcp {
namespace {

TEST(TcpNodes, ChargesMbufsAndNothingElse) {
  StoreFixture fixture;
  Store store = fixture.store();
  engine::Slice heap = heap_slice("heap"), packet = fixture.mbuf_slice("packet"), fixed = engine::Slice::of_static("static");
  const std::uint32_t a = store.keep(heap, Seq{1}), b = store.keep(packet, Seq{5}), c = store.keep(fixed, Seq{11});
  ASSERT_TRUE(a != no_index && b != no_index && c != no_index);
  EXPECT_EQ(fixture.account().used(), 1u);
  EXPECT_TRUE(heap.empty() && packet.empty()) << "moved into their nodes";
  EXPECT_EQ(store.nodes[b].slice.text(), "packet");
  EXPECT_EQ(store.nodes[b].seq, Seq{5});
  EXPECT_EQ(store.nodes[b].next, no_index);
  store.drop(b);
  EXPECT_EQ(fixture.account().used(), 0u);
  store.drop(a);
  store.drop(c);
}

TEST(TcpNodes, TakeGivesTheSliceAndTheChargeBack) {
  StoreFixture fixture;
  Store store = fixture.store();
  engine::Slice slice = fixture.mbuf_slice("text");
  const std::uint32_t index = store.keep(slice, Seq{});
  const engine::Slice taken = store.take(index);
  EXPECT_EQ(taken.text(), "text");
  EXPECT_EQ(fixture.account().used(), 0u);
  EXPECT_EQ(fixture.nodes().used(), 0u);
}

TEST(TcpNodes, ARefusalLeavesTheSliceAsItWas) {
  StoreFixture few_nodes{1, 100};
  Store store = few_nodes.store();
  engine::Slice first = heap_slice("first"), second = few_nodes.mbuf_slice("second");
  const std::uint32_t index = store.keep(first, Seq{});
  EXPECT_EQ(store.keep(second, Seq{}), no_index) << "no node";
  EXPECT_EQ(second.text(), "second");
  EXPECT_EQ(few_nodes.account().used(), 0u) << "a refusal charges nothing";
  store.drop(index);

  StoreFixture no_credit{10, 1};
  Store poor = no_credit.store();
  engine::Slice a = no_credit.mbuf_slice("a"), b = no_credit.mbuf_slice("b"), c = heap_slice("c");
  const std::uint32_t kept = poor.keep(a, Seq{});
  EXPECT_EQ(poor.keep(b, Seq{}), no_index) << "no credit";
  EXPECT_EQ(b.text(), "b");
  const std::uint32_t free_of_charge = poor.keep(c, Seq{});
  EXPECT_NE(free_of_charge, no_index);
  poor.drop(kept);
  poor.drop(free_of_charge);
}

}  // namespace
}  // namespace tcp
