#include "http/head_lines.h"

#include <gtest/gtest.h>
#include <string>

namespace http {
namespace {

struct LineEnd {
  Parse state;
  Reject why;
};
LineEnd judge(std::string_view text) {
  Reject why = Reject::none;
  const Parse state = judge_line_end(text, find_not<CharClass::line>(text, 0), why);
  return {state, why};
}

TEST(HeadLines, ALineEndsInCrlfOnly) {  // RFC 9112 2.2
  EXPECT_EQ(judge("a\r\n").state, Parse::done);
  EXPECT_EQ(judge("\r\nb").state, Parse::done);
  EXPECT_EQ(judge("").state, Parse::need_more);
  EXPECT_EQ(judge("abc").state, Parse::need_more);
  EXPECT_EQ(judge("abc\r").state, Parse::need_more);
  EXPECT_EQ(judge("a\rb").why, Reject::bare_cr);
  EXPECT_EQ(judge("a\r\r\n").why, Reject::bare_cr);
  EXPECT_EQ(judge("a\n").why, Reject::bare_lf);
  EXPECT_EQ(judge("\n").why, Reject::bare_lf);
  EXPECT_EQ(judge(std::string_view{"a\0", 2}).why, Reject::nul_byte);
  EXPECT_EQ(judge("a\t").why, Reject::control_byte);
  EXPECT_EQ(judge("\x7f").why, Reject::control_byte);
  EXPECT_EQ(judge("\x80").why, Reject::non_ascii_byte);
}

TEST(HeadLines, ReadsFieldsUpToTheEmptyLine) {
  HeadProgress progress{.lines = 1};
  Fields fields;
  EXPECT_EQ(read_field_lines("A: 1\r\nB:2 \r\n\r\nbody", progress, fields), Parse::done);
  ASSERT_EQ(fields.size(), 2u);
  EXPECT_EQ(fields[0].name, "A");
  EXPECT_EQ(fields[1].value, "2");
  EXPECT_EQ(progress.line_start, 14u);
}

TEST(HeadLines, RemembersTheLinesThatWereComplete) {
  HeadProgress progress{.lines = 1};
  Fields fields;
  EXPECT_EQ(read_field_lines("A: 1\r\nB: 2", progress, fields), Parse::need_more);
  EXPECT_EQ(progress.line_start, 6u);
  EXPECT_EQ(progress.scanned, 10u);
  EXPECT_EQ(progress.lines, 2u);
  fields.clear();
  EXPECT_EQ(read_field_lines("A: 1\r\nB: 23\r\n\r\n", progress, fields), Parse::done);
  ASSERT_EQ(fields.size(), 1u);  // only what was not complete before
  EXPECT_EQ(fields[0].value, "23");
}

TEST(HeadLines, NamesWhatIsWrong) {
  const auto why = [](std::string_view text) {
    HeadProgress progress{.lines = 1};
    Fields fields;
    EXPECT_EQ(read_field_lines(text, progress, fields), Parse::error) << text;
    return progress.why;
  };
  EXPECT_EQ(why(" A: 1\r\n"), Reject::obs_fold);
  EXPECT_EQ(why("\tA: 1\r\n"), Reject::obs_fold);
  EXPECT_EQ(why("A : 1\r\n"), Reject::space_before_colon);
  EXPECT_EQ(why("A \t : 1\r\n"), Reject::space_before_colon);
  EXPECT_EQ(why("A B: 1\r\n"), Reject::bad_field_line);
  EXPECT_EQ(why("A\r\n"), Reject::bad_field_line);
  EXPECT_EQ(why("A \r\n"), Reject::bad_field_line);
  EXPECT_EQ(why(": 1\r\n"), Reject::bad_field_line);
  EXPECT_EQ(why("A: 1\n"), Reject::bare_lf);
}

TEST(HeadLines, TheFieldLimitCountsLinesOfEarlierCalls) {
  std::string text;
  for (std::size_t i = 0; i < Fields::capacity; ++i) text += "A: 1\r\n";
  HeadProgress progress{.lines = 1};
  Fields fields;
  EXPECT_EQ(read_field_lines(text, progress, fields), Parse::need_more);
  fields.clear();
  EXPECT_EQ(read_field_lines(text + "A: 1\r\n", progress, fields), Parse::error);
  EXPECT_EQ(progress.why, Reject::too_many_fields);
}

}  // namespace
}  // namespace http
