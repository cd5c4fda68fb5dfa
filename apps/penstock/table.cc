#include "apps/penstock/table.h"

#include <algorithm>

namespace apps {

namespace {

std::size_t width(std::string_view text) noexcept {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0u) != 0x80u; }));
}

}  // namespace

std::string Table::text() const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t most = width(columns_[i].title);
    for (const auto& cells : rows_) most = std::max(most, width(cells[i]));
    widths.push_back(most);
  }
  std::string out;
  const auto add = [&](std::size_t column, std::string_view cell) {
    const std::string space(widths[column] - width(cell), ' ');
    if (column != 0) out += "  ";
    if (columns_[column].align == Align::right) out += space;
    out += cell;
    if (columns_[column].align == Align::left) out += space;
  };
  const auto end_line = [&] {
    out.erase(out.find_last_not_of(' ') + 1);
    out += '\n';
  };
  for (std::size_t i = 0; i < columns_.size(); ++i) add(i, columns_[i].title);
  end_line();
  for (const auto& cells : rows_) {
    for (std::size_t i = 0; i < columns_.size(); ++i) add(i, cells[i]);
    end_line();
  }
  return out;
}

std::string grouped(std::uint64_t n) {
  const std::string digits = std::to_string(n);
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

}  // namespace apps
