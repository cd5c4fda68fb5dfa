// Randomness is a parameter: seeded, so that a simulation is a function of its seed.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace engine {

/// xoshiro256** seeded by splitmix64. Not for secrets that must withstand an attacker who sees outputs: keys come from the
/// kernel (`random_seed` in engine/eal.h), this spreads and simulates.
class Random {
 public:
  constexpr explicit Random(std::uint64_t seed) noexcept {
    for (auto& s : state_) s = splitmix(seed);
  }
  constexpr std::uint64_t next() noexcept {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }
  /// Uniform in [0, bound).   Requires: bound > 0.   Bias below 2^-32 for bounds below 2^32.
  constexpr std::uint64_t below(std::uint64_t bound) noexcept {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<Wide>(next()) * bound) >> 64);
  }
  /// True with probability p.
  constexpr bool chance(double p) noexcept { return static_cast<double>(next() >> 11) * 0x1.0p-53 < p; }

 private:
  static constexpr std::uint64_t splitmix(std::uint64_t& x) noexcept {
    x += 0x9e3779b97f4a7c15u;
    std::uint64_t z = x;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace engine
