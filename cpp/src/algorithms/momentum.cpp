#include "ipgd/algorithms/momentum.hpp"

#include "ipgd/algorithms/require.hpp"

namespace ipgd {
namespace {

struct Velocity final : Direction::Memory {
  Velocity(std::unique_ptr<Direction::Memory> inner_, Index size)
      : inner(std::move(inner_)), u(Buffer<double>::zeros(size)), d(size) {}
  std::vector<Span> kept() override {
    std::vector<Span> all = inner ? inner->kept() : std::vector<Span>{};
    all.push_back({u.data(), u.size()});
    return all;
  }
  std::unique_ptr<Direction::Memory> inner;
  Buffer<double> u, d;
};

}  // namespace

void MomentumDescent::verify() const {
  inner_->verify();
  require(beta_ >= 0 && beta_ < 1, "momentum", "a number in [0, 1)", beta_);
}

void MomentumDescent::check(const Parameterization& model) const {
  inner_->check(model);
  if (inner_->stages(model) > 1)
    throw InvalidArgument("momentum", "a direction that moves all parameters at once",
                          inner_->name());
}

std::unique_ptr<Direction::Memory> MomentumDescent::memory(const Objective& objective) const {
  return std::make_unique<Velocity>(inner_->memory(objective), objective.model().size());
}

const double* MomentumDescent::operator()(const Stand& at, Memory* memory) const {
  auto& own = static_cast<Velocity&>(*memory);
  const double* const inner = (*inner_)(at, own.inner.get());
  if (inner == nullptr) return nullptr;
  double *const u = own.u.data(), *const d = own.d.data();
  for (Index j = 0; j < own.u.size(); ++j) {
    u[j] = beta_ * u[j] + inner[j];
    d[j] = kind_ == Momentum::nesterov ? inner[j] + beta_ * u[j] : u[j];
  }
  return d;
}

}  // namespace ipgd
