#include "ipgd/base/parity.hpp"

#include "helpers.hpp"
#include "ipgd/base/philox.hpp"

namespace ipgd {

using namespace test;

namespace {

using Words = std::vector<std::uint64_t>;

Words random_words(Index count) {
  Words words;
  for (Index i = 0; i < count; ++i) {
    const PhiloxCounter w = philox4x32_10({static_cast<std::uint32_t>(i), 0, 0, 0}, {1, 2});
    words.push_back(std::uint64_t{w[0]} << 32 | w[1]);
  }
  return words;
}

std::uint64_t parity_of(const Words& words, int n_threads = 1) {
  return parity({n_threads, nullptr}, words.data(), 8 * static_cast<Index>(words.size()));
}

constexpr Index kPiece = (Index{1} << 20) / 8;  // words that one thread takes at a time

}  // namespace

TEST_CASE("parity is the exclusive or of all words, for every number of threads") {
  for (const Index count : {Index{0}, Index{8}, Index{16}, Index{24}, Index{32}, Index{40},
                            kPiece - 8, kPiece, kPiece + 8, 3 * kPiece + 40}) {
    const Words words = random_words(count);
    std::uint64_t expected = 0;
    for (const std::uint64_t word : words) expected ^= word;
    CAPTURE(count);
    for (const int n_threads : kThreadCounts) CHECK(parity_of(words, n_threads) == expected);
  }
}

TEST_CASE("every bit of every word counts once") {
  Words words = random_words(2 * kPiece + 40);
  const std::uint64_t before = parity_of(words);
  Index wrong = 0;
  const auto flip = [&](Index i) {
    const std::uint64_t bit = std::uint64_t{1} << (i % 64);
    words[static_cast<std::size_t>(i)] ^= bit;
    wrong += parity_of(words) != (before ^ bit);
    words[static_cast<std::size_t>(i)] ^= bit;
  };
  for (Index i = 0; i < 40; ++i) flip(i);
  for (Index i = kPiece - 4; i < kPiece + 4; ++i) flip(i);
  for (Index i = 2 * kPiece; i < 2 * kPiece + 40; ++i) flip(i);
  CHECK(wrong == 0);
}

TEST_CASE("reading can be interrupted") {
  const Words words = random_words(8);
  StopAfter stop(0);
  CHECK_THROWS_AS(parity({1, &stop}, words.data(), 64), Interrupted);
}

}  // namespace ipgd
