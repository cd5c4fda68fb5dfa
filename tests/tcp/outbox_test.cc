#include "tcp/outbox.h"

#include <gtest/gtest.h>

namespace tcp {
namespace {

TEST(TcpOutbox, OneAckForAllThatAsksForIt) {
  Outbox out;
  EXPECT_EQ(out.acks_now, 0);
  out.ack();
  out.ack();
  EXPECT_EQ(out.acks_now, 1);
}

TEST(TcpOutbox, DuplicateAcksCountAndHaveABound) {
  Outbox out;
  out.ack();
  out.duplicate_ack();
  out.duplicate_ack();
  EXPECT_EQ(out.acks_now, 3);
  out.ack();
  EXPECT_EQ(out.acks_now, 3);
  for (int i = 0; i < 1000; ++i) out.duplicate_ack();
  EXPECT_EQ(out.acks_now, 64) << "a burst";
}

TEST(TcpOutbox, EventsAddUp) {
  Outbox out;
  out.event(Outbox::accepted);
  out.event(Outbox::readable);
  out.event(Outbox::readable);
  EXPECT_EQ(out.events, Outbox::accepted | Outbox::readable);
  out.close(CloseReason::reset);
  EXPECT_EQ(out.events, Outbox::accepted | Outbox::readable | Outbox::closed);
  EXPECT_EQ(out.reason, CloseReason::reset);
}

}  // namespace
}  // namespace tcp
