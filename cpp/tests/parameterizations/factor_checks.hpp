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

/// pull_back gives the same bits wherever its arguments lie.
inline void check_addresses(const Parameterization& model) {
  const Index n = model.size(), size = model.rows() * model.cols();
  const Numbers theta = normals(n, 1);
  const Numbers G = model.symmetric() ? symmetric_normals(model.rows(), 2) : normals(size, 2);
  Numbers expected(theta.size());
  model.pull_back(theta.data(), G.data(), 0.3, expected.data(), {});
  for (Index shift = 1; shift < 8; ++shift) {
    Numbers theta_moved(theta.size() + 8), G_moved(G.size() + 8), moved(theta.size() + 8);
    std::copy(theta.begin(), theta.end(), theta_moved.begin() + shift);
    std::copy(G.begin(), G.end(), G_moved.begin() + 8 - shift);
    model.pull_back(theta_moved.data() + shift, G_moved.data() + 8 - shift, 0.3,
                    moved.data() + shift, {});
    CAPTURE(shift);
    CHECK(same_bits(moved.data() + shift, expected.data(), n));
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
