// Text in aligned columns.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace apps {

class Table {
 public:
  enum class Align : std::uint8_t { left, right };
  struct Column {
    std::string_view title;
    Align align = Align::left;
  };
  explicit Table(std::vector<Column> columns) : columns_{std::move(columns)} {}

  /// Requires: a cell per column.
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
  /// Titles and rows, each on its line, two spaces between columns, none at the end of a line. Widths count bytes but those that
  /// continue a UTF-8 character.
  [[nodiscard]] std::string text() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// 1234567 as "1,234,567".
[[nodiscard]] std::string grouped(std::uint64_t n);

}  // namespace apps
