#include "tests/support/http_cases.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace http {
namespace {

constexpr std::string_view hex = "0123456789abcdef";

[[noreturn]] void refuse(const std::string& place, const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", place.c_str(), what.c_str());
  std::abort();
}

/// Reads one file line by line, cases out.
class CaseFile {
 public:
  CaseFile(const std::filesystem::path& path, std::vector<Case>& out) : name_{path.filename().string()}, in_{path}, out_{out} {}

  void read() {
    if (!in_) refuse(name_, "cannot be read");
    std::string line;
    while (next(line)) {
      if (line.starts_with("## ")) {
        finish();
        out_.push_back({.file = name_, .name = line.substr(3), .line = number_, .message = {}, .expected = {}, .sent = {}});
        open_ = true;
      } else if (line.starts_with("```")) {
        read_block(line);
      } else if (line.starts_with("- ") && open_) {
        if (current().message.kind.empty()) refuse(place(), "an expectation before the message");
        current().expected.push_back(line.substr(2));
      }
    }
    finish();
  }

 private:
  bool next(std::string& line) {
    ++number_;
    return static_cast<bool>(std::getline(in_, line));
  }
  [[nodiscard]] std::string place() const { return name_ + ":" + std::to_string(number_); }
  Case& current() { return out_.back(); }

  void finish() {
    if (!open_) return;
    if (current().message.kind.empty()) refuse(current().where(), "no message");
    if (current().expected.empty()) refuse(current().where(), "no expectation");
  }

  void read_block(const std::string& fence) {
    if (!open_) refuse(place(), "a block outside of a case");
    CaseBlock block;
    std::istringstream words{fence.substr(3)};
    words >> block.kind;
    for (std::string option; words >> option;) block.options.push_back(option);
    const bool is_sent = block.kind == "forwarded" || block.kind == "returned";
    if (!is_sent && block.kind != "request" && block.kind != "response" && block.kind != "chunked")
      refuse(place(), "unknown kind of block \"" + block.kind + "\"");
    std::string line;
    while (next(line) && line != "```") {
      if (!line.empty() && line.back() == ' ') refuse(place(), "an invisible space at the end of a line: write \\s");
      unescape(line, block.bytes);
    }
    if (!in_) refuse(place(), "block is not closed");
    if (is_sent) {
      current().sent.push_back(std::move(block));
    } else {
      if (!current().message.kind.empty()) refuse(place(), "two messages in one case");
      current().message = std::move(block);
    }
  }

  void unescape(std::string_view line, std::string& out) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] != '\\') {
        out += line[i];
        continue;
      }
      const char kind = ++i < line.size() ? line[i] : ' ';
      constexpr std::string_view names = "rnt0s\\", bytes{"\r\n\t\0 \\", 6};
      if (const std::size_t at = names.find(kind); at != std::string_view::npos) {
        out += bytes[at];
      } else if (kind == 'x' && i + 2 < line.size()) {
        out += static_cast<char>(std::stoi(std::string{line.substr(i + 1, 2)}, nullptr, 16));
        i += 2;
      } else if (kind == '{') {
        const std::size_t star = line.find('*', i), close = line.find('}', i);
        if (star == std::string_view::npos || close == std::string_view::npos || star > close) refuse(place(), "bad repetition");
        std::string once;
        unescape(line.substr(i + 1, star - i - 1), once);
        for (int n = std::stoi(std::string{line.substr(star + 1, close - star - 1)}); n > 0; --n) out += once;
        i = close;
      } else {
        refuse(place(), "unknown escape");
      }
    }
  }

  std::string name_;
  std::ifstream in_;
  std::vector<Case>& out_;
  std::size_t number_ = 0;
  bool open_ = false;
};

}  // namespace

bool CaseBlock::has(std::string_view option) const { return std::find(options.begin(), options.end(), option) != options.end(); }

std::size_t CaseBlock::number(std::string_view name, std::size_t otherwise) const {
  for (const std::string& option : options)
    if (option.starts_with(name) && option.size() > name.size() && option[name.size()] == '=')
      return static_cast<std::size_t>(std::stoul(option.substr(name.size() + 1)));
  return otherwise;
}

std::vector<Case> load_cases(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator{folder})
    if (entry.path().extension() == ".md") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<Case> cases;
  for (const auto& file : files) CaseFile{file, cases}.read();
  return cases;
}

std::string visible(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\r')
      out += "\\r";
    else if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (c == '\0')
      out += "\\0";
    else if (c == '\\')
      out += "\\\\";
    else if (byte >= 0x20 && byte < 0x7f)
      out += c;
    else
      out += {'\\', 'x', hex[byte >> 4], hex[byte & 15]};
  }
  return out;
}

}  // namespace http
