#include "tcp/state.h"

#include <gtest/gtest.h>
#include <set>

namespace tcp {
namespace {

template <typename E>
std::vector<E> all() {
  std::vector<E> values;
  for (std::size_t i = 0; i < engine::index_of(E::count_); ++i) values.push_back(static_cast<E>(i));
  return values;
}

TEST(TcpState, EveryStateAndReasonHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (const State state : all<State>()) EXPECT_TRUE(names.insert(name(state)).second) << name(state);
  EXPECT_EQ(names.size(), 11u) << "those of RFC 9293 3.3.2";
  names.clear();
  for (const CloseReason reason : all<CloseReason>()) EXPECT_TRUE(names.insert(name(reason)).second) << name(reason);
  EXPECT_FALSE(names.contains(""));
  EXPECT_EQ(name(State::fin_wait_1), "fin_wait_1");
  EXPECT_EQ(name(CloseReason::refused), "refused");
}

TEST(TcpState, SynchronizedFromEstablishedOn) {
  for (const State state : all<State>()) {
    const bool is_handshake =
        state == State::closed || state == State::listen || state == State::syn_sent || state == State::syn_received;
    EXPECT_EQ(is_synchronized(state), !is_handshake) << name(state);
  }
}

TEST(TcpState, WhoMaySendText) {
  const std::set<State> we{State::established, State::close_wait};
  const std::set<State> peer{State::established, State::fin_wait_1, State::fin_wait_2};
  for (const State state : all<State>()) {
    EXPECT_EQ(may_send_text(state), we.contains(state)) << name(state);
    EXPECT_EQ(may_receive_text(state), peer.contains(state)) << name(state);
  }
}

}  // namespace
}  // namespace tcp
