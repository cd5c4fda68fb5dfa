#include "apps/penstock/admin_client.h"

#include <gtest/gtest.h>

#include "apps/admin/http_server.h"
#include "tests/support/process.h"

namespace apps {
namespace {

TEST(AdminClient, AsksAndTakesARefusalForAReply) {
  support::TemporaryDirectory directory;
  const std::string path = directory.path("a.sock");
  auto socket = ListenSocket::open(AdminAddress{path, {}}, "a");
  ASSERT_TRUE(socket);
  const HttpServer server{std::move(*socket), [](const AdminRequest& request) {
                            return AdminAnswer{request.method == "POST" ? 400 : 200, "text/plain",
                                               request.method + " " + request.path + " " + request.host};
                          }};
  const auto got = ask({"a", path}, AdminMethod::get, "/x");
  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(got->status, 200);
  EXPECT_EQ(got->body, "GET /x localhost");
  const auto refused = ask({"a", path}, AdminMethod::post, "/y");
  ASSERT_TRUE(refused) << refused.error().message();
  EXPECT_EQ(refused->status, 400);
  EXPECT_EQ(refused->body, "POST /y localhost");
}

TEST(AdminClient, NobodyThereIsAnErrorWithTheSocket) {
  const auto nobody = ask({"a", "/nowhere/a.sock"}, AdminMethod::get, "/x");
  ASSERT_FALSE(nobody);
  EXPECT_TRUE(nobody.error().message().starts_with("/nowhere/a.sock: no answer: ")) << nobody.error().message();
}

TEST(AdminClient, ARefusalIsItsReason) {
  EXPECT_EQ(refusal_text({400, R"({"error": "t.toml:1:2: why"})"}), "t.toml:1:2: why");
  EXPECT_EQ(refusal_text({500, "plain words"}), "plain words");
  EXPECT_EQ(refusal_text({500, R"({"error": 7})"}), R"({"error": 7})");
}

}  // namespace
}  // namespace apps
