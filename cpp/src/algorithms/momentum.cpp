#include "ipgd/algorithms/momentum.hpp"

#include "ipgd/algorithms/require.hpp"
#include "ipgd/base/sums.hpp"

namespace ipgd {
namespace {

constexpr double kUphill = 0.8;  // factor of k at a step uphill

struct Velocity final : Direction::Memory {
  Velocity(std::unique_ptr<Direction::Memory> inner_, Index size)
      : inner(std::move(inner_)), u(Buffer<double>::zeros(size)), d(Buffer<double>::zeros(size)) {}
  std::vector<Span> kept() override {
    std::vector<Span> all = inner ? inner->kept() : std::vector<Span>{};
    all.push_back({u.data(), u.size()});
    return all;
  }
  std::unique_ptr<Direction::Memory> inner;
  Buffer<double> u, d;
};

/// With k, which sets the coefficient.
struct CountedVelocity final : Direction::Memory {
  CountedVelocity(std::unique_ptr<Direction::Memory> inner, Index size)
      : velocity(std::move(inner), size), k(Buffer<double>::zeros(1)) {}
  std::vector<Span> kept() override {
    std::vector<Span> all = velocity.kept();
    all.push_back({k.data(), k.size()});
    return all;
  }
  Velocity velocity;
  Buffer<double> k;
};

void require_one_stage(const Direction& inner, const Parameterization& model) {
  inner.check(model);
  if (inner.stages(model) > 1)
    throw InvalidArgument("momentum", "a direction that moves all parameters at once",
                          inner.name());
}

}  // namespace

void MomentumDescent::verify() const {
  inner_->verify();
  require(beta_ >= 0 && beta_ < 1, "momentum", "a number in [0, 1)", beta_);
}

void MomentumDescent::check(const Parameterization& model) const {
  require_one_stage(*inner_, model);
}

std::unique_ptr<Direction::Memory> MomentumDescent::memory(const Objective& objective) const {
  return std::make_unique<Velocity>(inner_->memory(objective), objective.model().size());
}

const double* MomentumDescent::operator()(const Iterate& at, Memory* memory) const {
  auto& own = static_cast<Velocity&>(*memory);
  const double* const inner = (*inner_)(at, own.inner.get());
  if (inner == nullptr) return nullptr;
  double *const u = own.u.data(), *const d = own.d.data();
  const auto accumulate = [&](const Range& range) {
    for (Index j = range.begin; j < range.end; ++j) {
      u[j] = beta_ * u[j] + inner[j];
      d[j] = kind_ == Momentum::nesterov ? inner[j] + beta_ * u[j] : u[j];
    }
  };
  if (keeps_to_gradient())
    for (const Range& range : at.objective.parameters()) accumulate(range);
  else
    accumulate({0, own.u.size()});
  return d;
}

void AdaptiveMomentum::check(const Parameterization& model) const {
  require_one_stage(*inner_, model);
}

std::unique_ptr<Direction::Memory> AdaptiveMomentum::memory(const Objective& objective) const {
  return std::make_unique<CountedVelocity>(inner_->memory(objective), objective.model().size());
}

const double* AdaptiveMomentum::operator()(const Iterate& at, Memory* memory) const {
  auto& own = static_cast<CountedVelocity&>(*memory);
  const double* const inner = (*inner_)(at, own.velocity.inner.get());
  if (inner == nullptr) return nullptr;
  double *const u = own.velocity.u.data(), *const d = own.velocity.d.data();
  double& k = *own.k.data();
  double beta = k / (k + 3);
  // u_t = (z_t - z_{t+1}) / eta = beta_{t-1} u_{t-1} + d_t
  for (Index j = 0; j < own.velocity.u.size(); ++j) u[j] = beta * u[j] + inner[j];
  k = dot(at.evaluation.gradient.data(), u, own.velocity.u.size()) < 0 ? kUphill * k : k + 1;
  beta = k / (k + 3);
  for (Index j = 0; j < own.velocity.u.size(); ++j) d[j] = inner[j] + beta * u[j];
  return d;
}

}  // namespace ipgd
