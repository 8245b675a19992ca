//! How far the devices that are attached have been handed what is stored: in memory, and each second in the store.

use std::collections::BTreeMap;

use crate::account::Account;
use crate::edge::store::Device;
use crate::gateway::host::DeviceId;

/// The cursors of attached devices.
#[derive(Debug, Default)]
pub(super) struct Cursors(BTreeMap<DeviceId, Cursor>);

#[derive(Debug)]
struct Cursor {
    /// The device that was attached, not one made anew under its name; and its row.
    of: Device,
    /// The store has it.
    kept: bool,
}

impl Cursors {
    /// A device is attached; nothing if one of its name that was removed still is, which ends at the next look.
    pub(super) fn attach(&mut self, device: Device) -> Option<DeviceId> {
        let (id, mark) = (DeviceId(device.name.to_string()), device.mark);
        // Written once at least: it was attached now.
        let cursor = Cursor {
            of: device,
            kept: false,
        };
        let held = self.0.entry(id.clone()).or_insert(cursor);
        (held.of.mark == mark).then_some(id)
    }

    /// The highest row that a device has had.
    pub(super) fn row(&self, device: &DeviceId) -> u64 {
        self.0.get(device).map_or(0, |held| held.of.cursor)
    }

    /// A device has had this row; a cursor never falls.
    pub(super) fn rise(&mut self, device: &DeviceId, row: u64) {
        if let Some(held) = self.0.get_mut(device)
            && held.of.cursor < row
        {
            held.of.cursor = row;
            held.kept = false;
        }
    }

    /// Keeps those that have risen, in one transaction. Gives the devices that have been removed meanwhile.
    pub(super) fn keep(&mut self, account: &mut Account) -> Vec<DeviceId> {
        // First: what a removed one was handed is nothing to the one that has its name now.
        let gone = account.devices().all().map(|there| self.removed(&there));
        let risen = self.0.values().filter(|held| !held.kept);
        let risen: Vec<_> = risen
            .map(|held| (held.of.name.clone(), held.of.cursor))
            .collect();
        if !risen.is_empty() {
            match account.devices().handed(&risen) {
                Ok(()) => self.0.values_mut().for_each(|held| held.kept = true),
                Err(fault) => tracing::error!("{fault}"),
            }
        }
        gone.unwrap_or_default()
    }

    fn removed(&mut self, there: &[Device]) -> Vec<DeviceId> {
        let is_it =
            |held: &Device, device: &Device| (&device.name, device.mark) == (&held.name, held.mark);
        let is_gone = |held: &Device| !there.iter().any(|device| is_it(held, device));
        let gone = self.0.extract_if(.., |_, held| is_gone(&held.of));
        gone.map(|(id, _)| id).collect()
    }
}
