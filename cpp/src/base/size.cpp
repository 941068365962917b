#include "ipgd/base/size.hpp"

#include <limits>
#include <stdexcept>
#include <string>

namespace ipgd {

Index checked_product(std::initializer_list<Index> factors) {
  Index product = 1;
  for (const Index factor : factors) {
    if (factor < 0) throw std::length_error("negative size " + std::to_string(factor));
    if (factor != 0 && product > std::numeric_limits<Index>::max() / factor) {
      std::string text;
      for (const Index f : factors) text += (text.empty() ? "" : " x ") + std::to_string(f);
      throw std::length_error("size " + text + " overflows");
    }
    product *= factor;
  }
  return product;
}

}  // namespace ipgd
