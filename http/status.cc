#include "http/status.h"

#include <array>

namespace http {

namespace {

constexpr std::uint16_t first = 100, last = 599;

/// By code, from `first` on.
constexpr auto phrases = [] {
  std::array<std::string_view, last - first + 1> table{};
  table[100 - first] = "Continue";
  table[101 - first] = "Switching Protocols";
  table[102 - first] = "Processing";
  table[103 - first] = "Early Hints";
  table[200 - first] = "OK";
  table[201 - first] = "Created";
  table[202 - first] = "Accepted";
  table[203 - first] = "Non-Authoritative Information";
  table[204 - first] = "No Content";
  table[205 - first] = "Reset Content";
  table[206 - first] = "Partial Content";
  table[300 - first] = "Multiple Choices";
  table[301 - first] = "Moved Permanently";
  table[302 - first] = "Found";
  table[303 - first] = "See Other";
  table[304 - first] = "Not Modified";
  table[307 - first] = "Temporary Redirect";
  table[308 - first] = "Permanent Redirect";
  table[400 - first] = "Bad Request";
  table[401 - first] = "Unauthorized";
  table[402 - first] = "Payment Required";
  table[403 - first] = "Forbidden";
  table[404 - first] = "Not Found";
  table[405 - first] = "Method Not Allowed";
  table[406 - first] = "Not Acceptable";
  table[407 - first] = "Proxy Authentication Required";
  table[408 - first] = "Request Timeout";
  table[409 - first] = "Conflict";
  table[410 - first] = "Gone";
  table[411 - first] = "Length Required";
  table[412 - first] = "Precondition Failed";
  table[413 - first] = "Content Too Large";
  table[414 - first] = "URI Too Long";
  table[415 - first] = "Unsupported Media Type";
  table[416 - first] = "Range Not Satisfiable";
  table[417 - first] = "Expectation Failed";
  table[421 - first] = "Misdirected Request";
  table[422 - first] = "Unprocessable Content";
  table[425 - first] = "Too Early";
  table[426 - first] = "Upgrade Required";
  table[428 - first] = "Precondition Required";
  table[429 - first] = "Too Many Requests";
  table[431 - first] = "Request Header Fields Too Large";
  table[451 - first] = "Unavailable For Legal Reasons";
  table[500 - first] = "Internal Server Error";
  table[501 - first] = "Not Implemented";
  table[502 - first] = "Bad Gateway";
  table[503 - first] = "Service Unavailable";
  table[504 - first] = "Gateway Timeout";
  table[505 - first] = "HTTP Version Not Supported";
  table[507 - first] = "Insufficient Storage";
  table[511 - first] = "Network Authentication Required";
  return table;
}();

}  // namespace

std::string_view reason_phrase(std::uint16_t status) noexcept {
  return status < first || status > last ? std::string_view{} : phrases[status - first];
}

}  // namespace http
