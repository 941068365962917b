// What every factor model must satisfy.
#pragma once

#include <algorithm>

#include "helpers.hpp"

namespace ipgd::test {

struct LossAndGradient {
  double loss;
  Numbers gradient;
};

inline LossAndGradient evaluate(const Operator& op, const Parameterization& model, const Numbers& y,
                                const Numbers& theta) {
  const Objective objective(op, model, y.data());
  Evaluation evaluation(objective);
  evaluate(objective, theta.data(), evaluation);
  return {evaluation.loss,
          Numbers(evaluation.gradient.data(), evaluation.gradient.data() + model.size())};
}

/// The gradient against the loss along ten lines. On a line the loss is a polynomial of degree
/// 2 `degree` (of the model), for which the difference of 2 degree + 1 points is the exact
/// derivative.
inline void check_slopes(const Operator& op, const Parameterization& model, const Numbers& y,
                         const Numbers& theta, double h = 0.5, Index degree = 0) {
  const Index p = degree > 0 ? degree : model.degree();
  const Numbers gradient = evaluate(op, model, y, theta).gradient;
  for (std::uint64_t line = 0; line < 10; ++line) {
    const Numbers v = normals(model.size(), 100 + line);
    const auto loss = [&](double step) {
      Numbers moved = theta;
      for (std::size_t j = 0; j < moved.size(); ++j) moved[j] += step * v[j];
      return evaluate(op, model, y, moved).loss;
    };
    // f' = sum_k w_k (f(kh) - f(-kh)) / h,   w_k = (-1)^(k+1) p!^2 / (k (p-k)! (p+k)!)
    double slope = 0, ratio = 1;  // p!^2 / ((p-k)! (p+k)!)
    for (Index k = 1; k <= p; ++k) {
      ratio *= static_cast<double>(p - k + 1) / static_cast<double>(p + k);
      const double x = static_cast<double>(k) * h;
      slope += (k % 2 == 1 ? ratio : -ratio) / x * (loss(x) - loss(-x));
    }
    CHECK(std::abs(inner(gradient, v) - slope) < 1e-9 * norm(gradient) * norm(v));
  }
}

/// Loss and gradient have the same bits for any number of threads, alone and in company.
inline void check_company(const Operator& op, const Parameterization& model) {
  constexpr Index kCount = 5;
  const Numbers y = normals(op.measurements(), 1);
  const Objective objective(op, model, y.data());
  std::vector<Numbers> starts;
  std::vector<LossAndGradient> alone;
  for (std::uint64_t k = 0; k < kCount; ++k) {
    starts.push_back(normals(model.size(), 10 + k));
    alone.push_back(evaluate(op, model, y, starts.back()));
  }
  for (const int n_threads : kThreadCounts)
    for (const Index count : {Index{1}, kCount}) {
      CAPTURE(n_threads);
      CAPTURE(count);
      Evaluator evaluator(op, count);
      std::vector<Evaluation> points;
      for (Index k = 0; k < count; ++k) points.emplace_back(objective);
      for (std::size_t k = 0; k < points.size(); ++k)
        evaluator.add(objective, starts[k].data(), points[k]);
      evaluator.evaluate({n_threads, nullptr});
      for (std::size_t k = 0; k < points.size(); ++k) {
        CHECK(points[k].loss == alone[k].loss);
        CHECK(same_bits(points[k].gradient.data(), alone[k].gradient.data(), model.size()));
      }
    }
}

/// Theta at theta.
inline Matrix assembled(const Parameterization& model, const Numbers& theta) {
  Buffer<double> scratch(model.scratch_size());
  Matrix out(model.rows(), model.cols());
  assemble(model.view(theta.data(), scratch.data(), {}), out.data());
  return out;
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

/// pull_back gives the same bits wherever its arguments lie. Products of normals(), which fit
/// float32, would be exact: then it does not show which of them are fused with a sum.
inline void check_addresses(const Parameterization& model) {
  const Numbers theta = scaled(1.0 / 3, normals(model.size(), 1));
  const Numbers G = scaled(1.0 / 3, normals(model.rows() * model.cols(), 2));
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

/// Parameters of P diag(values) Qᵀ, P and Q orthonormal columns of reflections.
inline Numbers lifted(const Parameterization& model, const Vector& values) {
  Numbers theta(static_cast<std::size_t>(model.size()), NAN);
  model.lift(reflection(model.rows()).leftCols(values.size()), values,
             reflection(model.cols()).leftCols(values.size()), theta.data());
  return theta;
}

/// lift gives parameters of the matrix that was asked for.
inline void check_lift(const Parameterization& model, const Vector& values) {
  const Matrix P = reflection(model.rows()).leftCols(values.size());
  const Matrix Q = reflection(model.cols()).leftCols(values.size());
  const Matrix expected = P * values.asDiagonal() * Q.transpose();
  CHECK((assembled(model, lifted(model, values)) - expected).norm() < 1e-14 * (1 + values.norm()));
}

}  // namespace ipgd::test
