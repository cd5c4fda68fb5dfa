// What other threads see of the control thread; its loop needs an instance and is seen in tests/memory.
#include "apps/instance/control.h"

#include <csignal>
#include <gtest/gtest.h>
#include <thread>

namespace apps {
namespace {

TEST(ControlState, IsNotReadyBeforeItStarts) {
  ControlState state;
  EXPECT_EQ(state.not_ready_reason(), "starting");
  state.set_not_ready("stopping");
  EXPECT_EQ(state.not_ready_reason(), "stopping");
  EXPECT_EQ(state.reloads_ok.load(), 0u);
  EXPECT_EQ(state.reloads_failed.load(), 0u);
}

TEST(ControlState, WhoeverWaitsForAReloadIsToldOfTheEnd) {
  ControlState state;
  std::vector<std::string> answers(8);
  std::vector<std::thread> threads;
  for (std::string& answer : answers) threads.emplace_back([&] { answer = state.request_reload(); });
  std::this_thread::sleep_for(std::chrono::milliseconds{20});  // some wait by now, others come too late
  state.close("the instance is stopping");
  for (std::thread& thread : threads) thread.join();
  for (const std::string& answer : answers) EXPECT_EQ(answer, "the instance is stopping");
}

TEST(ControlState, NobodyWaitsForWhatIsClosed) {
  ControlState state;
  state.close("the instance is stopping");
  EXPECT_EQ(state.request_reload(), "the instance is stopping");
}

TEST(BlockSignals, ThreadsFromNowOnLeaveThemToTheLoop) {
  sigset_t before, now;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
  block_signals();
  std::thread{[&] { ::pthread_sigmask(SIG_SETMASK, nullptr, &now); }}.join();
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) EXPECT_EQ(sigismember(&now, signal), 1) << signal;
  EXPECT_EQ(sigismember(&now, SIGSEGV), 0);
  EXPECT_EQ(::signal(SIGPIPE, SIG_DFL), SIG_IGN);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace
}  // namespace apps
