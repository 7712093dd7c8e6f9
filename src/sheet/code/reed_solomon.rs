//! Reed–Solomon codes over GF(256), with errors and erasures: Berlekamp–Massey for the locator, Forney's formula for the
//! values (Blahut, *Algebraic Codes for Data Transmission*, chapter 7).

/// A field with its code's first root: the generator's roots are α^first, α^(first + 1), …
pub struct Field {
    exp: [u8; 510],
    log: [u8; 256],
    first: usize,
}

/// ISO/IEC 18004, 7.5.2.
pub static QR: Field = Field::new(0x11D, 0);
/// ISO/IEC 16022, 5.7.
pub static DATA_MATRIX: Field = Field::new(0x12D, 1);

impl Field {
    const fn new(polynomial: u16, first: usize) -> Self {
        let (mut exp, mut log) = ([0; 510], [0; 256]);
        let (mut x, mut i) = (1u16, 0);
        while i < 255 {
            exp[i] = x as u8;
            exp[i + 255] = x as u8;
            log[x as usize] = i as u8;
            x <<= 1;
            if x & 0x100 != 0 {
                x ^= polynomial;
            }
            i += 1;
        }
        Field { exp, log, first }
    }

    fn mul(&self, a: u8, b: u8) -> u8 {
        if a == 0 || b == 0 {
            return 0;
        }
        self.exp[usize::from(self.log[usize::from(a)]) + usize::from(self.log[usize::from(b)])]
    }

    /// `b` must not be 0.
    fn div(&self, a: u8, b: u8) -> u8 {
        if a == 0 {
            return 0;
        }
        self.exp[usize::from(self.log[usize::from(a)]) + 255 - usize::from(self.log[usize::from(b)])]
    }

    fn power(&self, n: usize) -> u8 {
        self.exp[n % 255]
    }

    /// Value of a polynomial, lowest coefficient first.
    fn value(&self, polynomial: &[u8], x: u8) -> u8 {
        polynomial.iter().rev().fold(0, |sum, &c| self.mul(sum, x) ^ c)
    }

    /// The check symbols of `data`.
    pub fn encode(&self, data: &[u8], checks: usize) -> Vec<u8> {
        // Highest coefficient first, without the leading 1.
        let mut generator = vec![0; checks];
        generator[checks - 1] = 1;
        for i in 0..checks {
            let root = self.power(self.first + i);
            for j in 0..checks {
                generator[j] = self.mul(generator[j], root) ^ generator.get(j + 1).copied().unwrap_or(0);
            }
        }
        let mut rest = vec![0; checks];
        for &d in data {
            let lead = d ^ rest[0];
            rest.rotate_left(1);
            rest[checks - 1] = 0;
            for (r, &g) in rest.iter_mut().zip(&generator) {
                *r ^= self.mul(g, lead);
            }
        }
        rest
    }

    /// The codeword nearest to `received` and the number of errors outside `erasures`; None when it is too far. The last
    /// `checks` symbols are the checks.
    pub fn decode(&self, received: &[u8], checks: usize, erasures: &[usize]) -> Option<(Vec<u8>, usize)> {
        let n = received.len();
        if n > 255 || erasures.len() > checks {
            return None;
        }
        let syndromes: Vec<u8> = (0..checks)
            .map(|i| received.iter().fold(0, |sum, &c| self.mul(sum, self.power(self.first + i)) ^ c))
            .collect();
        let mut word = received.to_vec();
        if syndromes.iter().all(|&s| s == 0) {
            return Some((word, 0));
        }
        let locator = self.locator(&syndromes, erasures.iter().map(|&e| self.power(n - 1 - e)))?;
        let degree = locator.iter().rposition(|&c| c != 0)?;
        let places: Vec<usize> = (0..n).filter(|&i| self.value(&locator, self.power(255 - (n - 1 - i))) == 0).collect();
        if places.len() != degree {
            return None;
        }
        // Omega = S · Lambda mod x^checks.
        let omega: Vec<u8> = (0..checks)
            .map(|i| (0..=i.min(degree)).fold(0, |sum, j| sum ^ self.mul(locator[j], syndromes[i - j])))
            .collect();
        for &i in &places {
            let x = self.power(n - 1 - i);
            let inverse = self.power(255 - (n - 1 - i));
            // The formal derivative keeps the odd coefficients.
            let derivative =
                (1..=degree).step_by(2).fold(0, |sum, j| sum ^ self.mul(locator[j], self.raise(inverse, j - 1)));
            if derivative == 0 {
                return None;
            }
            let value = self.div(self.value(&omega, inverse), derivative);
            // Forney: e = X^(1 - first) · Omega(X⁻¹) / Lambda'(X⁻¹).
            let factor = if self.first == 0 { x } else { self.raise(inverse, self.first - 1) };
            word[i] ^= self.mul(value, factor);
        }
        let clean =
            (0..checks).all(|i| word.iter().fold(0, |sum, &c| self.mul(sum, self.power(self.first + i)) ^ c) == 0);
        let errors = places.iter().filter(|p| !erasures.contains(p)).count();
        clean.then_some((word, errors))
    }

    fn raise(&self, x: u8, n: usize) -> u8 {
        if x == 0 { u8::from(n == 0) } else { self.power(usize::from(self.log[usize::from(x)]) * n) }
    }

    /// Berlekamp–Massey, begun with the locator of the erasures.
    fn locator(&self, syndromes: &[u8], erased: impl Iterator<Item = u8>) -> Option<Vec<u8>> {
        let checks = syndromes.len();
        let mut lambda = vec![0; checks + 1];
        lambda[0] = 1;
        let mut erasures = 0;
        for x in erased {
            for j in (1..=checks).rev() {
                lambda[j] ^= self.mul(lambda[j - 1], x);
            }
            erasures += 1;
        }
        let mut helper = lambda.clone();
        let mut length = erasures;
        for r in erasures + 1..=checks {
            let discrepancy = (0..r).fold(0, |sum, j| sum ^ self.mul(lambda[j], syndromes[r - 1 - j]));
            helper.rotate_right(1);
            helper[0] = 0;
            if discrepancy == 0 {
                continue;
            }
            let next: Vec<u8> = lambda.iter().zip(&helper).map(|(&l, &h)| l ^ self.mul(discrepancy, h)).collect();
            if 2 * length < r + erasures {
                length = r + erasures - length;
                helper = lambda.iter().map(|&l| self.div(l, discrepancy)).collect();
            }
            lambda = next;
        }
        (length <= checks).then_some(lambda)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn errors_and_erasures_within_the_distance_are_mended(
            data in prop::collection::vec(any::<u8>(), 17..37),
            errors in 0..9_usize, erasures in 0..18_usize, seed in any::<u64>(), qr in any::<bool>(),
        ) {
            prop_assume!(2 * errors + erasures <= 18);
            let field = if qr { &QR } else { &DATA_MATRIX };
            let mut word = data.clone();
            word.extend(field.encode(&data, 18));
            let truth = word.clone();
            let mut rng = fastrand::Rng::with_seed(seed);
            let mut places: Vec<usize> = (0..word.len()).collect();
            rng.shuffle(&mut places);
            for &p in &places[..errors] {
                word[p] ^= rng.u8(1..);
            }
            let erased = &places[errors..errors + erasures];
            for &p in erased {
                word[p] = rng.u8(..);
            }
            let (mended, _) = field.decode(&word, 18, erased).unwrap();
            prop_assert_eq!(mended, truth);
        }

        #[test]
        fn noise_never_panics(word in prop::collection::vec(any::<u8>(), 20..80), erased in 0..20_usize) {
            let erasures: Vec<usize> = (0..erased).collect();
            let _ = QR.decode(&word, 18, &erasures);
        }
    }
}
