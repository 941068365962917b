// What every factor model must satisfy.
#pragma once

#include <algorithm>

#include "helpers.hpp"

namespace ipgd::test {

struct Evaluation {
  double loss;
  Numbers gradient;
};

inline Evaluation evaluate(const Operator& op, const Parameterization& model, const Numbers& y,
                           const Numbers& theta) {
  const Objective objective(op, model, y.data());
  Objective::Point point(objective);
  evaluate(objective, theta.data(), point);
  return {point.loss, Numbers(point.gradient.data(), point.gradient.data() + model.size())};
}

/// The gradient against the loss along ten lines. On a line the loss is a quartic, for which the
/// five-point difference is the exact derivative.
inline void check_slopes(const Operator& op, const Parameterization& model, const Numbers& y,
                         const Numbers& theta) {
  const Numbers gradient = evaluate(op, model, y, theta).gradient;
  for (std::uint64_t line = 0; line < 10; ++line) {
    const Numbers v = normals(model.size(), 100 + line);
    const auto loss = [&](double h) {
      Numbers moved = theta;
      for (std::size_t j = 0; j < moved.size(); ++j) moved[j] += h * v[j];
      return evaluate(op, model, y, moved).loss;
    };
    const double h = 0.5;
    const double slope = (loss(-2 * h) - 8 * loss(-h) + 8 * loss(h) - loss(2 * h)) / (12 * h);
    CHECK(std::abs(inner(gradient, v) - slope) < 1e-9 * norm(gradient) * norm(v));
  }
}

/// The gradient for a given G = df/dTheta, with everything `shift` numbers off a cache line.
inline Numbers pulled_back(const Parameterization& model, const Numbers& theta, const Numbers& G,
                           Index shift = 0) {
  const Index rank = std::max(model.view_rank(), Index{1});
  Buffer<double> x(model.size() + 8), g(model.rows() * model.cols() + 8),
      left(model.rows() * std::max(rank, model.cols()) + 8), right(model.cols() * rank + 8),
      scratch(model.scratch_size() + 8), out(model.size() + 8);
  std::copy(theta.begin(), theta.end(), x.data() + shift);
  std::copy(G.begin(), G.end(), g.data() + 8 - shift);
  const Cotangent cotangent{left.data() + shift, right.data() + 8 - shift};
  const ThetaView view = model.view(x.data() + shift, scratch.data() + shift, {});
  apply_to_factors(g.data() + 8 - shift, false, view, cotangent, {});
  model.pull_back(x.data() + shift, cotangent, 0.3, scratch.data() + shift, out.data() + shift, {});
  return {out.data() + shift, out.data() + shift + model.size()};
}

/// pull_back gives the same bits wherever its arguments lie.
inline void check_addresses(const Parameterization& model) {
  const Numbers theta = normals(model.size(), 1);
  const Numbers G = normals(model.rows() * model.cols(), 2);
  const Numbers expected = pulled_back(model, theta, G);
  for (Index shift = 1; shift < 8; ++shift) {
    CAPTURE(shift);
    CHECK(same_bits(pulled_back(model, theta, G, shift).data(), expected.data(), model.size()));
  }
}

/// An orthogonal n x n matrix without zeros: I - 2 v vᵀ / ||v||^2.
inline Matrix reflection(Index n) {
  const Vector v = Vector::LinSpaced(n, 1, 2);
  return Matrix::Identity(n, n) - 2 / v.squaredNorm() * v * v.transpose();
}

/// A rows x cols matrix with these singular values (and zeros).
inline Matrix with_singular_values(Index rows, Index cols, const Vector& values) {
  Matrix diagonal = Matrix::Zero(rows, cols);
  diagonal.diagonal().head(values.size()) = values;
  return reflection(rows) * diagonal * reflection(cols);
}

}  // namespace ipgd::test
