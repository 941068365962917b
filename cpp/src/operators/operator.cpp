#include "ipgd/operators/operator.hpp"

#include <vector>

#include "ipgd/base/buffer.hpp"

namespace ipgd {

std::unique_ptr<Operator::Workspace> Operator::workspace(Index) const {
  return std::make_unique<Workspace>();
}

void Operator::cotangent(Index batch, const double* const* r, const ThetaView* at,
                         const Cotangent* out, Workspace& workspace,
                         const Execution& execution) const {
  const Index size = checked_product({rows(), cols()});
  Buffer<double> memory(checked_product({batch, size}));
  std::vector<double*> G;
  for (Index k = 0; k < batch; ++k) G.push_back(memory.data() + k * size);
  adjoint(batch, r, G.data(), workspace, execution);
  for_runs(execution.uninterrupted(), batch, [&](Index k, const Execution& own) {
    apply_to_factors(G[to_size(k)], symmetric(), at[k], out[k], own);
  });
}

void Operator::residual_adjoint(Index batch, const ThetaView* theta, const double* const* y,
                                double* const* r, double* const* G, Workspace& workspace,
                                const Execution& execution) const {
  forward(batch, theta, r, workspace, execution);
  for (Index k = 0; k < batch; ++k)
    for (Index i = 0; i < measurements(); ++i) r[k][i] -= y[k][i];
  adjoint(batch, r, G, workspace, execution);
}

void Operator::residual_cotangent(Index batch, const ThetaView* theta, Residual* residuals,
                                  const Cotangent* out, Workspace& workspace,
                                  const Execution& execution) const {
  const Index m = measurements();
  std::vector<double*> r;
  std::vector<const double*> w;
  std::vector<Buffer<double>> weights(to_size(batch));
  for (Index k = 0; k < batch; ++k) r.push_back(residuals[k].r);
  forward(batch, theta, r.data(), workspace, execution);
  for (Index k = 0; k < batch; ++k) {
    Residual& residual = residuals[k];
    for (Index i = 0; i < m; ++i) residual.r[i] -= residual.y[i];
    w.push_back(residual.r);
    if (residual.function != nullptr) {
      weights[to_size(k)] = Buffer<double>(m);
      double* const to = weights[to_size(k)].data();
      for (Index i = 0; i < m; ++i) to[i] = residual.weight(i, residual.r[i]);
      w.back() = to;
    }
    residual.totals = totals(residual, execution);
  }
  cotangent(batch, w.data(), theta, out, workspace, execution);
}

}  // namespace ipgd
