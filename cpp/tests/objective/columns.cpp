// A step never mixes columns of factors: what float64 keeps of each does not depend on the others.
#include "algorithms/runs.hpp"
#include "objective/pairings.hpp"

namespace ipgd {

using namespace test;

namespace {

/// theta with its columns from the second on times 2^exponent, or zero.
Numbers shrunk(const Parameterization& model, Numbers theta, std::optional<int> exponent) {
  double* x = theta.data();
  for (const Block& block : model.blocks())
    for (Index i = 0; i < block.rows; ++i, x += block.cols)
      for (Index l = 1; l < block.cols; ++l) x[l] = exponent ? std::ldexp(x[l], *exponent) : 0.0;
  return theta;
}

Numbers gradient(const Objective& objective, const Numbers& theta) {
  Evaluation at(objective);
  evaluate(objective, theta.data(), at);
  return Numbers(at.gradient.data(), at.gradient.data() + at.gradient.size());
}

}  // namespace

TEST_CASE("tiny columns beside large ones have the gradient of larger ones, scaled, to the bit") {
  for_pairings(60, 9, 4, [](const Pairing& pairing) {
    CAPTURE(pairing.name);
    const Numbers y = normals(60, 1);
    const Objective objective(pairing.op, pairing.model, y.data());
    const Numbers theta = normals(pairing.model.size(), 2);
    const Numbers none = gradient(objective, shrunk(pairing.model, theta, std::nullopt));
    const Numbers small = gradient(objective, shrunk(pairing.model, theta, -300));
    const Numbers tiny = gradient(objective, shrunk(pairing.model, theta, -990));
    CHECK(same_bits(none, shrunk(pairing.model, small, std::nullopt)));
    CHECK(same_bits(tiny, shrunk(pairing.model, small, -690)));
    CHECK(norm(tiny) > 0);
    CHECK(!same_bits(none, tiny));
  });
}

}  // namespace ipgd
