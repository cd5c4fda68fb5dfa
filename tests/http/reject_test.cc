#include "http/reject.h"

#include <gtest/gtest.h>
#include <set>

#include "http/fields.h"
#include "http/status.h"

namespace http {
namespace {

TEST(Reject, EveryReasonHasANameOfItsOwnAndAHelp) {
  std::set<std::string_view> names;
  for (const RejectInfo& row : reject_info) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_FALSE(row.help.empty()) << row.name;
    EXPECT_TRUE(is_token(row.name)) << row.name;
  }
}

TEST(Reject, EveryStatusIsAnErrorWithAReasonPhrase) {
  for (const RejectInfo& row : reject_info) {
    if (row.id == Reject::none) continue;
    EXPECT_TRUE(row.status >= 400 && row.status < 600) << row.name;
    EXPECT_NE(reason_phrase(row.status), "") << row.name;
  }
}

TEST(Reject, AMessageThatWasNotUnderstoodEndsTheConnection) {  // RFC 9112 9.6: we do not know where the next one starts
  for (const RejectInfo& row : reject_info)
    if (row.status == 400 || row.status == 431 || row.status == 414 || row.status == 505 || row.status == 501) {
      EXPECT_EQ(row.after, After::close) << row.name;
    }
}

TEST(Reject, StatusesThatUsersWerePromised) {
  EXPECT_EQ(info(Reject::malformed_request_line).status, 400);
  EXPECT_EQ(info(Reject::unmatched).status, 404);
  EXPECT_EQ(info(Reject::header_timeout).status, 408);
  EXPECT_EQ(info(Reject::body_too_large).status, 413);
  EXPECT_EQ(info(Reject::target_too_long).status, 414);
  EXPECT_EQ(info(Reject::head_too_large).status, 431);
  EXPECT_EQ(info(Reject::server_failed).status, 502);
  EXPECT_EQ(info(Reject::no_server).status, 503);
  EXPECT_EQ(info(Reject::connect_failed).status, 503);
  EXPECT_EQ(info(Reject::server_timeout).status, 504);
}

}  // namespace
}  // namespace http
