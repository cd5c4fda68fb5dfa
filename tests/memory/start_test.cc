// What an instance needs to start, and what it does not.
#include <filesystem>
#include <gtest/gtest.h>

#include "tests/memory/world.h"

namespace memory {
namespace {

TEST(Start, TheLimitOfRoutesCountsThoseOfTheFile) {
  World world;
  world.start({.sections = balancer() + "[forwarding]\nenabled = true\nroutes = 1\n"
                                        "[[route]]\nprefix = \"0.0.0.0/0\"\nvia = \"198.18.0.2\"\n",
               .engine = ""});
  EXPECT_EQ(world.get("/hello").body, "hello");
  EXPECT_EQ(world.instance().metric("penstock_routes"), 6) << "the one of the file, and five of port and listener";
}

TEST(Start, NothingIsLeftOfAnInstanceThatEnded) {
  World world;
  world.start({.sections = balancer(), .engine = ""});
  EXPECT_EQ(world.get("/hello").body, "hello");
  world.expect_clean_stop();
  EXPECT_EQ(world.instance().output(), "ready memory\n") << "one line, no more";
  EXPECT_FALSE(std::filesystem::exists(world.instance().admin_socket()));
  EXPECT_EQ(world.instance().log().find("error"), std::string::npos) << world.instance().log();
}

TEST(Start, BusyPollingNeverSleeps) {
  World world;
  world.start({.sections = balancer(), .engine = "poll = \"busy\""});
  EXPECT_EQ(world.get("/hello").body, "hello");
  EXPECT_NE(world.instance().log().find("memory: normal pages, "), std::string::npos) << world.instance().log();
  EXPECT_EQ(world.instance().metric("penstock_worker_sleeps_total"), 0);
}

}  // namespace
}  // namespace memory
