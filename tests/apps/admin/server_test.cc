// Before a start; the running channel is seen in tests/memory.
#include "apps/admin/server.h"

#include <gtest/gtest.h>

#include "tests/support/process.h"

namespace apps {
namespace {

TEST(AdminServer, ASocketThatIsTakenIsFoundBeforeAnythingStarts) {
  support::TemporaryDirectory directory;
  AdminConfig admin;
  admin.listen = {{"", {engine::Ipv4{127, 0, 0, 1}, 9}}, {directory.path("edge1.sock"), {}}};
  EXPECT_TRUE(AdminServer::check_free(admin, "edge1"));
  const auto socket = ListenSocket::open(admin.listen[1], "edge1");
  ASSERT_TRUE(socket);
  const auto taken = AdminServer::check_free(admin, "edge1");
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().message(), "admin.listen: an instance named edge1 already runs: " + directory.path("edge1.sock"));
}

TEST(AdminServer, AFileThatNobodyListensOnIsFree) {
  support::TemporaryDirectory directory;
  AdminConfig admin;
  admin.listen = {{directory.path("edge1.sock"), {}}};
  support::write_file(directory.path("edge1.sock"), "");
  EXPECT_TRUE(AdminServer::check_free(admin, "edge1")) << "what is no socket is refused when it is listened on";
}

}  // namespace
}  // namespace apps
