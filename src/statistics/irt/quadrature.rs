//! Abilities are normal with mean 0 and deviation 1; integrals over them are sums over equidistant nodes.

use super::super::normal::density;

#[derive(Clone, Debug)]
pub struct Quadrature {
    pub nodes: Vec<f64>,
    /// They add up to 1.
    pub weights: Vec<f64>,
}

impl Quadrature {
    /// `count` nodes from −`reach` to `reach`, two at least. The trapezoid rule is all but exact for what falls off like a
    /// normal density; where posteriors are narrow the nodes must be near: their distance not over twice its deviation.
    pub fn new(count: usize, reach: f64) -> Self {
        let count = count.max(2);
        let step = 2.0 * reach / (count - 1) as f64;
        let nodes: Vec<f64> = (0..count).map(|k| -reach + k as f64 * step).collect();
        let heights: Vec<f64> = nodes.iter().map(|&z| density(z)).collect();
        let sum: f64 = heights.iter().sum();
        Quadrature { nodes, weights: heights.iter().map(|h| h / sum).collect() }
    }

    /// For abilities: after 180 good questions a posterior's deviation is 0.1 and more.
    pub fn fine() -> Self {
        Self::new(121, 6.0)
    }

    /// For calibration, where the roughness of single posteriors averages out.
    pub fn coarse() -> Self {
        Self::new(61, 6.0)
    }
}
