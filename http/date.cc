#include "http/date.h"

#include <algorithm>
#include <chrono>

namespace http {
namespace {

constexpr std::string_view day_names = "SunMonTueWedThuFriSat";
constexpr std::string_view month_names = "JanFebMarAprMayJunJulAugSepOctNovDec";

void put_two_digits(char* at, unsigned value) noexcept {
  at[0] = static_cast<char>('0' + value / 10);
  at[1] = static_cast<char>('0' + value % 10);
}

}  // namespace

void write_date(std::int64_t unix_seconds, std::span<char, date_bytes> out) noexcept {
  using namespace std::chrono;
  constexpr sys_seconds first = sys_days{year{0} / January / 1};
  constexpr sys_seconds last = sys_days{year{9999} / December / 31} + hours{23} + minutes{59} + seconds{59};
  const sys_seconds time = std::clamp(sys_seconds{seconds{unix_seconds}}, first, last);
  const sys_days midnight = floor<days>(time);
  const year_month_day date{midnight};
  const hh_mm_ss clock{time - midnight};
  const unsigned year_number = static_cast<unsigned>(static_cast<int>(date.year()));

  constexpr std::string_view form = "Sun, 06 Nov 1994 08:49:37 GMT";
  std::copy(form.begin(), form.end(), out.begin());
  std::copy_n(&day_names[weekday{midnight}.c_encoding() * 3], 3, out.begin());
  put_two_digits(&out[5], static_cast<unsigned>(date.day()));
  std::copy_n(&month_names[(static_cast<unsigned>(date.month()) - 1) * 3], 3, &out[8]);
  put_two_digits(&out[12], year_number / 100);
  put_two_digits(&out[14], year_number % 100);
  put_two_digits(&out[17], static_cast<unsigned>(clock.hours().count()));
  put_two_digits(&out[20], static_cast<unsigned>(clock.minutes().count()));
  put_two_digits(&out[23], static_cast<unsigned>(clock.seconds().count()));
}

}  // namespace http
