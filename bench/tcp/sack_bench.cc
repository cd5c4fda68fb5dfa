// The sender's scoreboard under loss. Argument: ranges in it.
#include <benchmark/benchmark.h>
#include <vector>

#include "bench/support/per_item.h"
#include "tcp/sack.h"

namespace tcp {
namespace {

constexpr std::size_t boards = 512;
constexpr std::uint32_t mss = 1448;
constexpr Seq una{1'000'000};

/// Every second segment is missing, `ranges` times.
Scoreboard board_of(std::size_t ranges) {
  Scoreboard board;
  for (std::uint32_t i = 0; i < ranges; ++i) {
    const SeqRange block{una + (2 * i + 1) * mss, una + (2 * i + 2) * mss};
    board.add({&block, 1}, una, una + 1000 * mss);
  }
  return board;
}

/// An ACK with three blocks, of which the first grows by a segment: what a burst of losses brings.
void BM_AddThreeBlocks(benchmark::State& state) {
  const auto ranges = static_cast<std::uint32_t>(state.range(0));
  const Scoreboard full = board_of(ranges);
  std::vector<Scoreboard> all(boards);
  std::array<SeqRange, 3> blocks;
  for (std::uint32_t i = 0; i < 3; ++i) {
    const std::uint32_t which = ranges - 1 - std::min(i, ranges - 1);
    blocks[i] = {una + (2 * which + 1) * mss, una + (2 * which + 2) * mss};
  }
  blocks[0].end += mss;
  std::uint64_t fresh = 0;
  bench::run(
      state, boards, [&] { std::fill(all.begin(), all.end(), full); },
      [&] {
        for (Scoreboard& board : all) fresh += board.add(blocks, una, una + 1000 * mss);
      });
  if (fresh != static_cast<std::uint64_t>(state.iterations()) * boards * mss) state.SkipWithError("other blocks were new");
}

/// What the sender asks for each segment that it may send: is the first hole lost, and where is the next one?
void BM_IsLostAndNextHole(benchmark::State& state) {
  std::vector<Scoreboard> all(boards, board_of(static_cast<std::size_t>(state.range(0))));
  bench::run(state, boards, [&] {
    for (const Scoreboard& board : all) {
      bench::keep(board.is_lost(una, mss));
      bench::keep(board.next_hole(una + mss, board.highest()));
    }
  });
}

/// An ACK of the first hole.
void BM_Advance(benchmark::State& state) {
  const Scoreboard full = board_of(static_cast<std::size_t>(state.range(0)));
  std::vector<Scoreboard> all(boards);
  bench::run(
      state, boards, [&] { std::fill(all.begin(), all.end(), full); },
      [&] {
        for (Scoreboard& board : all) board.advance(una + 2 * mss);
      });
}

void ranges(benchmark::internal::Benchmark* b) { bench::by_tsc(b->Arg(1)->Arg(3)->Arg(24)); }
BENCHMARK(BM_AddThreeBlocks)->Apply(ranges);
BENCHMARK(BM_IsLostAndNextHole)->Apply(ranges);
BENCHMARK(BM_Advance)->Apply(ranges);

}  // namespace
}  // namespace tcp
